import { WindrowError } from '../../core/errors.ts'
import { innermost } from './cluster-errors.ts'

/** Where a token is got by the client credentials grant (RFC 6749, 4.4). */
export interface TokenEndpoint {
  readonly url: string
  readonly clientId: string
  readonly clientSecret: string
  readonly scope: string | null
}

const TIMEOUT_MS = 10_000
/** A token is used again as long as so much of its life is left; each connection that begins wants one. */
const FRESH_SHARE = 0.5

/**
 * Gives a token that is good for a while, asking the endpoint only when the one it has grows old. Rejects with WR_KAFKA_TOKEN, to be tried
 * again where the endpoint does not answer.
 */
export function oauthToken(endpoint: TokenEndpoint): () => Promise<string> {
  let known: { readonly token: string; readonly until: number } | null = null
  let asking: Promise<string> | null = null
  const renew = async (): Promise<string> => {
    const askedAt = performance.now()
    const { token, lifetimeMs } = await askFor(endpoint)
    known = { token, until: askedAt + lifetimeMs * FRESH_SHARE }
    return token
  }
  return () => {
    if (known !== null && performance.now() < known.until) return Promise.resolve(known.token)
    asking ??= renew().finally(() => {
      asking = null
    })
    return asking
  }
}

async function askFor({ url, clientId, clientSecret, scope }: TokenEndpoint): Promise<{ token: string; lifetimeMs: number }> {
  // Both parts are form-encoded before they are joined (RFC 6749, 2.3.1).
  const credentials = Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`).toString('base64')
  const form = new URLSearchParams({ grant_type: 'client_credentials', ...(scope === null ? {} : { scope }) })
  let response: Response
  let body: string
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Basic ${credentials}`, accept: 'application/json' },
      body: form,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    body = await response.text()
  } catch (error) {
    throw noToken(url, `it does not answer: ${innermost(error)}`, true, error)
  }
  if (!response.ok) {
    throw noToken(url, `it answers ${response.status} ${errorIn(body)}`.trim(), response.status >= 500 || response.status === 429)
  }
  const answer = parsed(body)
  if (typeof answer.access_token !== 'string') throw noToken(url, 'there is no access_token in its answer', false)
  const seconds = Number(answer.expires_in)
  return { token: answer.access_token, lifetimeMs: Number.isFinite(seconds) ? seconds * 1_000 : 0 }
}

function parsed(body: string): { readonly access_token?: unknown; readonly expires_in?: unknown; readonly error?: unknown } {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    // Some other page: it has none of the fields.
    return {}
  }
}

/** The error's name alone: what else is in an answer may be long, or secret. */
function errorIn(body: string): string {
  const { error } = parsed(body)
  return typeof error === 'string' ? `(${error.slice(0, 100)})` : ''
}

function noToken(url: string, why: string, canRetry: boolean, cause?: unknown): WindrowError {
  const { origin, pathname } = new URL(url)
  return new WindrowError('WR_KAFKA_TOKEN', {
    message: `There is no token from ${origin}${pathname}: ${why}`,
    remedy: 'Look at KAFKA_SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL, …_CLIENT_ID, …_CLIENT_SECRET and …_SCOPE, and at the endpoint.',
    facts: { endpoint: `${origin}${pathname}` },
    canRetry,
    cause,
  })
}
