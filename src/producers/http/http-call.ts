import { type Dispatcher, request } from 'undici'
import type { Clock } from '../../core/clock.ts'
import { messageOf } from '../../core/errors.ts'
import { CallFailure } from './call-failure.ts'
import { ACCEPTED_ENCODINGS, decodeBody, tooLarge } from './decode-body.ts'
import { tellingConnection } from './http-agent.ts'

export interface CallLimits {
  /** Until there is a connection. */
  readonly connectMs: number
  /** Until the answer is whole, from the beginning. */
  readonly answerMs: number
  /** Of an answer, as it comes and as it is when decoded. */
  readonly maxBytes: number
}

export interface Call {
  readonly method: 'GET' | 'POST'
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
}

export interface CallAnswer {
  readonly status: number
  /** Null where there is none; the first where there are several. */
  header(name: string): string | null
  readonly body: Uint8Array
}

/** Sends one request, once, and reads the whole answer, of any status. Throws a CallFailure, or the signal's reason when it aborts. */
export async function httpCall(
  call: Call,
  agent: Dispatcher,
  limits: CallLimits,
  clock: Clock,
  signal: AbortSignal,
): Promise<CallAnswer> {
  const deadlines = startDeadlines(limits, clock, signal)
  try {
    const { statusCode, headers, body } = await request(call.url, {
      method: call.method,
      headers: { ...call.headers, 'accept-encoding': ACCEPTED_ENCODINGS },
      dispatcher: tellingConnection(agent, deadlines.connected),
      signal: deadlines.signal,
    })
    const header = (name: string): string | null => {
      const value = headers[name]
      return (Array.isArray(value) ? value[0] : value) ?? null
    }
    const bytes = await readWhole(body, limits.maxBytes)
    return { status: statusCode, header, body: await decodeBody(bytes, header('content-encoding'), limits.maxBytes) }
  } catch (error) {
    signal.throwIfAborted()
    throw deadlines.late() ?? (error instanceof CallFailure ? error : failureOf(error, deadlines.isConnected()))
  } finally {
    deadlines.end()
  }
}

interface Deadlines {
  /** Aborts when a deadline has passed, or the caller's signal aborts. */
  readonly signal: AbortSignal
  readonly connected: () => void
  readonly isConnected: () => boolean
  /** What has passed. */
  readonly late: () => CallFailure | null
  readonly end: () => void
}

function startDeadlines({ connectMs, answerMs }: CallLimits, clock: Clock, outer: AbortSignal): Deadlines {
  const own = new AbortController()
  const connected = new AbortController()
  const ended = new AbortController()
  let isConnected = false
  let late: CallFailure | null = null
  const watch = async (ms: number, over: AbortSignal, kind: 'connection' | 'late', what: string): Promise<void> => {
    await clock.sleep(ms, over)
    if (over.aborted || late !== null) return
    late = new CallFailure(kind, `${what} after ${ms / 1000} s`)
    own.abort(late)
  }
  const abort = (): void => own.abort(outer.reason)
  outer.addEventListener('abort', abort, { once: true })
  if (outer.aborted) abort()
  void watch(connectMs, connected.signal, 'connection', 'there is no connection')
  void watch(answerMs, ended.signal, 'late', 'the answer is not whole')
  return {
    signal: own.signal,
    connected: () => {
      isConnected = true
      connected.abort()
    },
    isConnected: () => isConnected,
    late: () => late,
    end: () => {
      outer.removeEventListener('abort', abort)
      connected.abort()
      ended.abort()
    },
  }
}

async function readWhole(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  // Leaving the loop early destroys the connection.
  for await (const chunk of body) {
    length += chunk.byteLength
    if (length > maxBytes) throw tooLarge(maxBytes)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, length)
}

function failureOf(error: unknown, isConnected: boolean): CallFailure {
  const code = (error as { readonly code?: unknown }).code
  if (code === 'UND_ERR_INVALID_ARG') return new CallFailure('invalid', messageOf(error), error)
  // Where several addresses were tried, each has its own error.
  const first = error instanceof AggregateError ? error.errors[0] : error
  return new CallFailure(isConnected ? 'broken' : 'connection', messageOf(first) || String(code), error)
}
