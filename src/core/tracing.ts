/** What is told of a span: names of parts, numbers; never a secret, a text of a person, or more than a few of them. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>

/** Something that took time. */
export interface SpanRecord {
  readonly name: string
  readonly kind: 'internal' | 'server'
  /** Milliseconds since the epoch. */
  readonly startAt: number
  readonly durationMs: number
  readonly attributes: SpanAttributes
  /** What it ended with where it failed; null where it did not. */
  readonly error: unknown
}

/** Takes spans at once and sends them when it can: whoever records waits for nothing. */
export type SpanRecorder = (span: SpanRecord) => void

let recorder: SpanRecorder | null = null

/** Turns tracing on in this process; null turns it off. Off is how it begins. */
export function recordSpans(to: SpanRecorder | null): void {
  recorder = to
}

export const isTracing = (): boolean => recorder !== null

/** Records what ended just now. */
export function recordSpan(span: SpanRecord): void {
  recorder?.(span)
}

/** Does the work, as a span where tracing is on. `attributes` is called when the work is done, and only then. */
export function traced<T>(name: string, attributes: () => SpanAttributes, work: () => Promise<T>): Promise<T> {
  return recorder === null ? work() : recorded(recorder, name, attributes, work)
}

async function recorded<T>(
  record: SpanRecorder,
  name: string,
  attributes: () => SpanAttributes,
  work: () => Promise<T>,
): Promise<T> {
  const startAt = Date.now()
  const began = performance.now()
  const end = (error: unknown): void =>
    record({ name, kind: 'internal', startAt, durationMs: performance.now() - began, attributes: attributes(), error })
  try {
    const result = await work()
    end(null)
    return result
  } catch (error) {
    end(error)
    throw error
  }
}
