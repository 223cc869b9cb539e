import { setMaxListeners } from 'node:events'
import type { Dispatcher } from 'undici'
import type { Clock } from '../../core/clock.ts'
import type { WindrowError } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import { type Asked, askedOf, beginningOf } from './asked.ts'
import { CallFailure } from './call-failure.ts'
import { httpAgent } from './http-agent.ts'
import { type CallAnswer, type CallLimits, httpCall } from './http-call.ts'
import type { Quota } from './quota.ts'
import { retryAfterMs } from './retry-after.ts'
import type { Upstream, UpstreamAnswer, UpstreamRequest } from './upstream.ts'
import { type AskedWhom, answerError, failureError, pausedError, statusError } from './upstream-errors.ts'

/** What to do about an answer that is an error, where a kind of upstream knows better than its status; null: nothing better is known. */
export type UpstreamHint = (status: number, body: string) => string | null

export interface HttpUpstreamOptions {
  /** As people call it: for messages. */
  readonly source: string
  /** With or without a path, without a query. */
  readonly baseUrl: string
  /** `windrow/1.2.3`: many services refuse who does not say who asks. */
  readonly userAgent: string
  /** For deadlines and waits; for a `Retry-After` that is a date, its `now`. */
  readonly clock: Clock
  readonly logger: Logger
  /** Counts every call: tries again and redirects too. */
  readonly quota: Quota | null
  /** Until there is a connection. Default 10 s. */
  readonly connectMs?: number
  /** Until an answer is whole. Default 60 s. */
  readonly answerMs?: number
  /** Of one answer, decoded. Default 64 MiB: some upstreams give the whole history of a station. */
  readonly maxBytes?: number
  /** How often at most one request is sent. Default 4. */
  readonly tries?: number
  /** In [0, 1), for the waits between tries. Default Math.random. */
  readonly random?: () => number
  readonly hint?: UpstreamHint
  /** False: it asks for no key, so a refusal is not about one. Default true. */
  readonly hasCredentials?: boolean
}

export interface HttpUpstream extends Upstream {
  /** Ends its connections. What is under way fails. */
  close(): Promise<void>
}

const FIRST_DELAY_MS = 1000
const LONGEST_DELAY_MS = 60_000
/** A `Retry-After` beyond this is not waited for. */
const LONGEST_PAUSE_MS = 10 * 60_000
const MAX_REDIRECTS = 5
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/**
 * An upstream over HTTP by undici's `request`. It is what the built-in `fetch` is made of; used directly it tells when there is a connection (so
 * that this has a deadline of its own), reads an answer without streams in between, and takes its connections by a proxy, which
 * `fetch` of Node 20 cannot. Version 6 is the one for every Node 20.
 *
 * A `Retry-After` holds for all requests of this upstream: up to ten minutes they wait; where it is longer they reject with
 * WR_UPSTREAM_BUSY, without being sent, and `facts.retry_at` says until when. Redirects of a GET are followed within the host. When
 * the signal aborts, `ask` rejects with the signal's reason.
 */
export function httpUpstream(options: HttpUpstreamOptions): HttpUpstream {
  const baseUrl = new URL(options.baseUrl)
  const agent = httpAgent(baseUrl)
  const limits = {
    connectMs: options.connectMs ?? 10_000,
    answerMs: options.answerMs ?? 60_000,
    maxBytes: options.maxBytes ?? 64 * 1024 * 1024,
  }
  const asker = new Asker({
    ...options,
    url: baseUrl,
    agent,
    limits,
    tries: options.tries ?? 4,
    random: options.random ?? Math.random,
  })
  return {
    ask: (request, signal) => asker.ask(request, signal),
    close: () => agent.destroy(),
  }
}

interface AskerParts extends HttpUpstreamOptions {
  readonly url: URL
  readonly agent: Dispatcher
  readonly limits: CallLimits
  readonly tries: number
  readonly random: () => number
}

/** What one try came to, where it was no answer. */
interface Failed {
  readonly error: WindrowError
  /** What upstream asked to wait, null where it did not. */
  readonly pauseMs: number | null
}

class Asker {
  private readonly parts: AskerParts
  /** By the monotonic clock: until then upstream wants to be left alone. */
  private pausedUntil = Number.NEGATIVE_INFINITY

  constructor(parts: AskerParts) {
    this.parts = parts
  }

  async ask(request: UpstreamRequest, signal: AbortSignal): Promise<UpstreamAnswer> {
    const { tries, clock, logger, source, url, hasCredentials = true } = this.parts
    const base = request.baseUrl === undefined ? url : new URL(request.baseUrl)
    const asked = askedOf(request, base)
    // All stations of a process may ask with the same signal.
    setMaxListeners(0, signal)
    for (let tried = 1; ; tried += 1) {
      const whom = { source, host: base.host, hasCredentials, asked, tries: tried }
      const outcome = await this.tryOnce(whom, signal)
      if (!('error' in outcome)) return outcome
      const { error, pauseMs } = outcome
      if (pauseMs !== null) this.pausedUntil = Math.max(this.pausedUntil, clock.monotonic() + pauseMs)
      if (!error.canRetry || tried >= tries || (pauseMs ?? 0) > LONGEST_PAUSE_MS) throw error
      const delayMs = Math.max(pauseMs ?? 0, this.delayMs(tried))
      logger.warn(
        { source, code: error.code, tries: tried, retry_in_seconds: Math.round(delayMs / 100) / 10 },
        `asking again: ${error.message}`,
      )
      await clock.sleep(delayMs, signal)
    }
  }

  private delayMs(tried: number): number {
    const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (tried - 1))
    return Math.round(longest * (1 - this.parts.random() / 2))
  }

  /** Sends it once, and where it leads to. Throws what no further try would mend, and the signal's reason. */
  private async tryOnce(whom: AskedWhom, signal: AbortSignal): Promise<UpstreamAnswer | Failed> {
    try {
      const { answer, asked } = await this.follow(whom, signal)
      if (answer.status >= 200 && answer.status < 300) return answerOf({ ...whom, asked }, answer)
      const now = this.parts.clock.now()
      const isBusy = answer.status === 429 || answer.status >= 500
      const pauseMs = isBusy ? retryAfterMs(answer.header('retry-after'), now) : null
      const error = statusError({ ...whom, asked }, answer, this.parts.hint ?? null, pauseMs === null ? null : now + pauseMs)
      return { error, pauseMs }
    } catch (error) {
      if (!(error instanceof CallFailure)) throw error
      return { error: failureError(whom, error), pauseMs: null }
    }
  }

  private async follow(whom: AskedWhom, signal: AbortSignal): Promise<{ answer: CallAnswer; asked: Asked }> {
    const { agent, limits, clock, userAgent } = this.parts
    let asked = whom.asked
    for (let hops = 0; ; hops += 1) {
      await this.mayBeSent(signal)
      const headers = { accept: 'application/json', 'user-agent': userAgent, ...asked.headers }
      const answer = await httpCall({ method: asked.method, url: asked.url, headers }, agent, limits, clock, signal)
      if (!REDIRECTS.has(answer.status)) return { answer, asked }
      if (hops >= MAX_REDIRECTS) {
        throw answerError(whom, `it led on more than ${MAX_REDIRECTS} times after ${whom.asked.shown}`, URL_REMEDY, {
          status: answer.status,
        })
      }
      asked = redirected({ ...whom, asked }, answer)
    }
  }

  /** Waits until neither a pause nor the quota forbids a call. */
  private async mayBeSent(signal: AbortSignal): Promise<void> {
    const { clock, quota, source, url } = this.parts
    do {
      for (let leftMs = this.pauseLeftMs(); leftMs > 0; leftMs = this.pauseLeftMs()) {
        signal.throwIfAborted()
        if (leftMs > LONGEST_PAUSE_MS) throw pausedError(source, url.host, clock.now() + leftMs)
        await clock.sleep(leftMs, signal)
      }
      signal.throwIfAborted()
      await quota?.take(signal)
      signal.throwIfAborted()
      // While the quota was waited for, another request may have been told to wait.
    } while (this.pauseLeftMs() > 0)
  }

  private pauseLeftMs(): number {
    return this.pausedUntil - this.parts.clock.monotonic()
  }
}

const URL_REMEDY = 'Set the URL of the source to where it really answers, with https.'

/** The request that a redirect leads to. Throws where it leads to another host, which must see neither key nor token. */
function redirected(whom: AskedWhom, answer: CallAnswer): Asked {
  const { asked } = whom
  const location = answer.header('location') ?? ''
  const to = URL.canParse(location, asked.url.href) ? new URL(location, asked.url) : null
  const facts = { status: answer.status }
  if (to === null) throw answerError(whom, `its answer ${answer.status} to ${asked.shown} leads nowhere`, URL_REMEDY, facts)
  const isSame = to.origin === asked.url.origin
  const isSafer = to.protocol === 'https:' && asked.url.protocol === 'http:' && to.hostname === asked.url.hostname
  if (!(isSame || isSafer) || asked.method !== 'GET') {
    const where = isSame || isSafer ? 'elsewhere' : `to ${asked.redact(to.origin)}`
    throw answerError(
      whom,
      `its answer ${answer.status} to ${asked.shown} leads ${where}, and is not followed`,
      URL_REMEDY,
      facts,
    )
  }
  return { ...asked, url: to }
}

/** What a cache has held for a while says so by its age. */
function dateOf({ header }: Pick<CallAnswer, 'header'>): number | null {
  const date = Date.parse(header('date') ?? '')
  const age = Number(header('age') ?? 0)
  return Number.isNaN(date) ? null : date + (age > 0 ? age * 1000 : 0)
}

function answerOf(whom: AskedWhom, answer: CallAnswer): UpstreamAnswer {
  const { status, body } = answer
  return {
    body,
    date: dateOf(answer),
    redact: whom.asked.redact,
    json: () => {
      try {
        return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) as unknown
      } catch {
        const beginning = beginningOf(body, whom.asked.redact)
        const isHtml = /^<(?:!doctype|html)/i.test(beginning)
        const remedy = isHtml
          ? 'Look whether a proxy, a login page or another server answers in its place, and whether its URL is right.'
          : `Wait and try again; if it stays like this, look at the URL of ${whom.source}, and whether its API has changed.`
        const what = `its answer ${status} to ${whom.asked.shown} is ${isHtml ? 'a page of HTML' : 'no JSON'}: ${beginning}`
        throw answerError(whom, what, remedy, { status, body: beginning })
      }
    },
  }
}
