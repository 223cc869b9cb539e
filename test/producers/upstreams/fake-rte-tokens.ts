import type { FakeAnswer, FakeRequest } from './fake-server.ts'

const HOLDS_SECONDS = 7200

/** What gives one application its tokens, at `/token/oauth/`. */
export interface ClientTokens {
  readonly id: string
  readonly secret: string
  /** How many were given. */
  readonly given: () => number
  /** All that were given are void from now on. */
  readonly revoke: () => void
  readonly isValid: (authorization: string | undefined) => boolean
  /** Undefined: the request is for no token, or with another application's credentials. */
  readonly answer: (request: FakeRequest) => FakeAnswer | undefined
}

export function clientTokens({ id, secret, now }: { id: string; secret: string; now: () => number }): ClientTokens {
  const basic = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
  const holdsUntil = new Map<string, number>()
  let given = 0
  return {
    id,
    secret,
    given: () => given,
    revoke: () => holdsUntil.clear(),
    isValid: (authorization) => (holdsUntil.get(authorization ?? '') ?? Number.NEGATIVE_INFINITY) > now(),
    answer: ({ path, method, headers }) => {
      if (path !== '/token/oauth/' || headers.authorization !== basic) return undefined
      if (method !== 'POST') return { status: 405 }
      given += 1
      const token = `token-${id.length}-${given}`
      holdsUntil.set(`Bearer ${token}`, now() + HOLDS_SECONDS * 1000)
      return { body: { access_token: token, token_type: 'Bearer', expires_in: HOLDS_SECONDS } }
    },
  }
}
