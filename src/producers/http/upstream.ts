import type { Secret } from '../../core/secret.ts'

/** One question to an upstream. */
export interface UpstreamRequest {
  /** Default GET. */
  readonly method?: 'GET' | 'POST'
  /** Another address that the same API has, without a slash at the end; default the one that it is configured with. */
  readonly baseUrl?: string
  /** Behind the base URL, beginning with `/`; parts that come from outside are encoded by the caller. */
  readonly path: string
  /** A secret among them is sent, and never printed. */
  readonly query?: Readonly<Record<string, string | number | Secret>>
  readonly headers?: Readonly<Record<string, string | Secret>>
  /** What else must not be shown where upstream repeats it: what a header is made of. */
  readonly hidden?: readonly Secret[]
}

export interface UpstreamAnswer {
  /** Of an answer with a status of 200 to 299, whole. */
  readonly body: Uint8Array
  /** The clock of upstream when it answered, milliseconds since the epoch: whole seconds, as HTTP tells it. Null where it does not. */
  readonly date: number | null
  /** Takes the secrets of the request out of a text that is made of the answer; absent where there are none. */
  readonly redact?: (text: string) => string
  /** Throws WR_UPSTREAM_ANSWER, with the body's beginning, where it is no JSON. */
  json(): unknown
}

/**
 * An API that is asked over HTTP. Time-outs, tries again (429, 5xx, a connection that breaks), `Retry-After` and the quota are kept inside, so that
 * asking is one call, which ends when the signal aborts (it rejects with the signal's reason, which the publisher takes for an end). Rejects with
 *
 * - WR_UPSTREAM_UNREACHABLE: no connection, no answer in time, or half a one, also after trying again;
 * - WR_UPSTREAM_REFUSED: 401 or 403, the key or the right is missing;
 * - WR_UPSTREAM_NOT_FOUND: 404;
 * - WR_UPSTREAM_REQUEST: any other 4xx, with what upstream said about it;
 * - WR_UPSTREAM_BUSY: 429 or 5xx, also after trying again;
 * - WR_UPSTREAM_ANSWER: a redirect to another host, or more bytes than any answer has.
 *
 * `facts.status` is the status of HTTP, where there was one, `facts.body` the beginning of the answer. No secret is in any of it.
 */
export interface Upstream {
  ask(request: UpstreamRequest, signal: AbortSignal): Promise<UpstreamAnswer>
}
