import type { Clock } from '../../core/clock.ts'
import { isWindrowError, WindrowError } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'
import { unlessAborted } from '../../core/unless-aborted.ts'
import type { Upstream, UpstreamRequest } from './upstream.ts'

export interface TokenOptions {
  /** As people call it: for messages. */
  readonly source: string
  readonly id: string
  readonly secret: Secret
  /** For instance `/token/oauth/`, behind the upstream's base URL. */
  readonly tokenPath: string
  readonly clock: Clock
}

interface Token {
  readonly value: Secret
  /** By the monotonic clock. */
  readonly freshUntil: number
}

interface Fetching {
  readonly token: Promise<Token>
  readonly end: AbortController
  waiting: number
}

/** A token is not used in its last minute: it has to hold until the request has arrived. */
const MARGIN_MS = 60_000
/** Where upstream does not say how long a token holds. */
const ASSUMED_MS = 5 * 60_000

/**
 * An upstream that wants a token of OAuth 2 (grant `client_credentials`, RFC 6749 section 4.4; the client as Basic, no body, as RTE takes it).
 * One token is fetched for all that ask at a time and kept until shortly before its end. Where a request answers 401 (WR_UPSTREAM_REFUSED), a new
 * token is got and the request made once more. Rejects with WR_UPSTREAM_REFUSED too where the client itself is refused.
 */
export function withToken(upstream: Upstream, options: TokenOptions): Upstream {
  const { clock } = options
  let known: Token | null = null
  let fetching: Fetching | null = null

  const startFetching = (): Fetching => {
    const end = new AbortController()
    const begun: Fetching = { end, waiting: 0, token: fetchToken(upstream, options, end.signal) }
    // It may end after the last who waited for it has left.
    begun.token
      .then((token) => {
        known = token
      })
      .catch(() => undefined)
      .finally(() => {
        if (fetching === begun) fetching = null
      })
    return begun
  }

  const tokenFor = async (signal: AbortSignal): Promise<Token> => {
    if (known !== null && clock.monotonic() < known.freshUntil) return known
    fetching ??= startFetching()
    const joined = fetching
    joined.waiting += 1
    try {
      return await unlessAborted(joined.token, signal)
    } finally {
      joined.waiting -= 1
      if (joined.waiting === 0) {
        // Nobody may join what is ended here.
        if (fetching === joined) fetching = null
        joined.end.abort()
      }
    }
  }

  const askWith = ({ value }: Token, request: UpstreamRequest, signal: AbortSignal): ReturnType<Upstream['ask']> => {
    const headers = { ...request.headers, authorization: new Secret(`Bearer ${value.reveal()}`) }
    return upstream.ask({ ...request, headers, hidden: [...(request.hidden ?? []), value, options.secret] }, signal)
  }

  return {
    ask: async (request, signal) => {
      const token = await tokenFor(signal)
      try {
        return await askWith(token, request, signal)
      } catch (error) {
        if (!isWindrowError(error, 'WR_UPSTREAM_REFUSED') || error.facts.status !== 401) throw error
        // Others may have got a new one since.
        if (known === token) known = null
        return askWith(await tokenFor(signal), request, signal)
      }
    },
  }
}

async function fetchToken(upstream: Upstream, options: TokenOptions, signal: AbortSignal): Promise<Token> {
  const { id, secret, tokenPath, source, clock } = options
  const basic = Buffer.from(`${id}:${secret.reveal()}`).toString('base64')
  const askedAt = clock.monotonic()
  const request = {
    method: 'POST',
    path: tokenPath,
    headers: { authorization: new Secret(`Basic ${basic}`), 'content-type': 'application/x-www-form-urlencoded' },
    hidden: [secret, new Secret(basic)],
  } as const
  let answer: unknown
  try {
    answer = (await upstream.ask(request, signal)).json()
  } catch (error) {
    throw isClientRefused(error) ? clientRefused(source, error) : error
  }
  const { access_token: value, expires_in: seconds } = (answer ?? {}) as { access_token?: unknown; expires_in?: unknown }
  if (typeof value !== 'string' || !/^[\x21-\x7e]+$/.test(value)) {
    throw new WindrowError('WR_UPSTREAM_ANSWER', {
      message: `${source} gave no token: there is no access_token in its answer to POST ${tokenPath}.`,
      remedy: `Look at the URL of ${source}, and whether its API has changed.`,
      facts: { source, request: `POST ${tokenPath}` },
    })
  }
  const holdsMs = Number(seconds) > 0 ? Number(seconds) * 1000 : ASSUMED_MS
  // A token that holds for less than two margins is used for half of its time.
  return { value: new Secret(value), freshUntil: askedAt + Math.max(holdsMs - MARGIN_MS, holdsMs / 2) }
}

/** Some answer 400 with the error's name instead of 401. */
function isClientRefused(error: unknown): error is WindrowError {
  if (isWindrowError(error, 'WR_UPSTREAM_REFUSED')) return true
  return isWindrowError(error, 'WR_UPSTREAM_REQUEST') && /invalid_client|unauthorized_client/.test(String(error.facts.body))
}

function clientRefused(source: string, error: WindrowError): WindrowError {
  return new WindrowError('WR_UPSTREAM_REFUSED', {
    message: error.message,
    remedy: `Look whether the client id and secret of ${source} are whole and of one application, and whether it still exists.`,
    // Without its status: a new token would not help.
    facts: { ...error.facts, status: null, token_status: error.facts.status },
    cause: error,
  })
}
