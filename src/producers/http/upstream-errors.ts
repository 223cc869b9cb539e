import { WindrowError } from '../../core/errors.ts'
import { type Asked, beginningOf } from './asked.ts'
import type { CallFailure } from './call-failure.ts'
import type { CallAnswer } from './http-call.ts'
import type { UpstreamHint } from './http-upstream.ts'

/** Who was asked what, for what went wrong. */
export interface AskedWhom {
  readonly source: string
  readonly host: string
  /** False: it is asked without a key, so none can be wrong. */
  readonly hasCredentials: boolean
  readonly asked: Asked
  /** How often it was sent. */
  readonly tries: number
}

/** What an answer with a status other than 200 to 299 means. */
export function statusError(
  whom: AskedWhom,
  answer: CallAnswer,
  hint: UpstreamHint | null,
  retryAt: number | null,
): WindrowError {
  const { status } = answer
  const body = beginningOf(answer.body, whom.asked.redact)
  const [code, remedy] = meaningOf(status, whom)
  const said = body === '' ? '' : `: ${body}`
  const until = retryAt === null ? '' : `; it may be asked again at ${new Date(retryAt).toISOString()}`
  const hinted = hint?.(status, body) ?? null
  return new WindrowError(code, {
    message: `${nameOf(whom)} answered ${status} to ${whom.asked.shown}${said}${until}`,
    remedy: hinted === null ? remedy : whom.asked.redact(hinted),
    facts: { ...factsOf(whom), status, body, ...(retryAt === null ? {} : { retry_at: new Date(retryAt).toISOString() }) },
    canRetry: code === 'WR_UPSTREAM_BUSY',
  })
}

function meaningOf(status: number, { source, host, hasCredentials }: AskedWhom): [code: `WR_${string}`, remedy: string] {
  if ((status === 401 || status === 403) && !hasCredentials) {
    return [
      'WR_UPSTREAM_REFUSED',
      `${source} is asked without a key, so none is wrong: look whether ${host} is the right address, whether a proxy on the way refuses, and whether ${source} still lets everybody ask.`,
    ]
  }
  if (status === 401 || status === 403) {
    return ['WR_UPSTREAM_REFUSED', `Look whether the credentials of ${source} are whole, right, and allowed to ask for this.`]
  }
  if (status === 404)
    return ['WR_UPSTREAM_NOT_FOUND', `Look whether ${source} knows the station or place, and whether its URL is right.`]
  if (status === 429)
    return ['WR_UPSTREAM_BUSY', `Ask ${source} less often: with a longer interval, fewer stations, or a larger plan.`]
  if (status >= 500)
    return ['WR_UPSTREAM_BUSY', `Wait: ${source} has trouble of its own. With --continuous it is asked again by itself.`]
  return ['WR_UPSTREAM_REQUEST', `Correct what ${source} names: a place, a range of time, or a setting.`]
}

/** What a call that came to no answer means. */
export function failureError(whom: AskedWhom, failure: CallFailure): WindrowError {
  const { asked, source } = whom
  const why = asked.redact(failure.message)
  const message = `${nameOf(whom)} gave no answer to ${asked.shown}: ${why}`
  const details = { facts: factsOf(whom), cause: failure }
  switch (failure.kind) {
    case 'large':
      return answerError(whom, `its answer to ${asked.shown} is too large: ${why}`, `Look whether its URL is that of ${source}.`)
    case 'invalid':
      return new WindrowError('WR_UPSTREAM_REQUEST', {
        message: `${nameOf(whom)} cannot be asked ${asked.shown}: ${why}`,
        remedy: `Correct the credentials or settings of ${source}: they hold something that HTTP cannot carry.`,
        facts: factsOf(whom),
      })
    case 'connection':
      return new WindrowError('WR_UPSTREAM_UNREACHABLE', {
        ...details,
        message,
        remedy: `Look at the network, the name ${whom.host}, and HTTPS_PROXY and NO_PROXY if there is a proxy.`,
        canRetry: true,
      })
    case 'late':
    case 'broken':
      return new WindrowError('WR_UPSTREAM_UNREACHABLE', {
        ...details,
        message,
        remedy: `Wait and try again; if it stays like this, look at the network and the state of ${source}.`,
        canRetry: true,
      })
  }
}

/** An answer that is none of the upstream's. */
export function answerError(whom: AskedWhom, what: string, remedy: string, facts: object = {}): WindrowError {
  return new WindrowError('WR_UPSTREAM_ANSWER', {
    message: `${nameOf(whom)}: ${what}`,
    remedy,
    facts: { ...factsOf(whom), ...facts },
  })
}

/** A source that asked to be left alone for longer than anybody waits. */
export function pausedError(source: string, host: string, retryAt: number): WindrowError {
  const at = new Date(retryAt).toISOString()
  return new WindrowError('WR_UPSTREAM_BUSY', {
    message: `${source} (${host}) is not asked before ${at}: it said so itself.`,
    remedy: `Wait until then, and ask ${source} less often: with a longer interval, fewer stations, or a larger plan.`,
    facts: { source, host, retry_at: at },
    canRetry: true,
  })
}

function nameOf({ source, host }: AskedWhom): string {
  return `${source} (${host})`
}

function factsOf({ source, host, asked, tries }: AskedWhom): Readonly<Record<string, unknown>> {
  return { source, host, request: asked.shown, tries }
}
