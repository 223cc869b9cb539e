import type { Reading } from '../../src/events/reading.ts'
import type { BadInput, FoundReading, Source, SourceContext } from '../../src/producers/source.ts'
import { manualClock } from '../../src/testing/manual-clock.ts'
import { keepingLogger, type LogLine } from './quiet-logger.ts'

export interface Polled {
  readonly found: readonly FoundReading[]
  /** The readings alone, with the fields of every kind. */
  readonly readings: ReadonlyArray<Reading & Readonly<Record<string, unknown>>>
  readonly bad: readonly BadInput[]
  /** Instants up to which the source has said all, in the order in which it said so. */
  readonly through: readonly number[]
  /** What the source remembered, by name: to be given to the next poll. */
  readonly remembered: ReadonlyMap<string, string>
  readonly lines: readonly LogLine[]
  /** What ended the poll, null when it came to its end. */
  readonly error: unknown
}

export const NOW = Date.UTC(2025, 5, 1)

/** One poll of a source, without anything that publishes. The bytes of bad inputs are copied. */
export async function polled(
  source: Source,
  context: Partial<Omit<SourceContext, 'recall'>> & { readonly before?: Pick<Polled, 'remembered'> } = {},
): Promise<Polled> {
  const { before, ...given } = context
  const remembered = new Map(before?.remembered)
  const logger = keepingLogger()
  const found: FoundReading[] = []
  const bad: BadInput[] = []
  const through: number[] = []
  let error: unknown = null
  try {
    const defaults = {
      clock: manualClock(NOW),
      logger,
      signal: new AbortController().signal,
      readThrough: null,
      recall: (name: string) => remembered.get(name) ?? null,
      progress: () => undefined,
    }
    for await (const item of source.poll({ ...defaults, ...given })) {
      if (item.kind === 'reading') found.push(item)
      else if (item.kind === 'through') through.push(item.at)
      else if (item.kind === 'remember') remembered.set(item.name, item.text)
      else bad.push({ ...item, bytes: item.bytes.slice() })
    }
  } catch (thrown) {
    error = thrown
  }
  const readings = found.map(({ reading }) => reading as Reading & Record<string, unknown>)
  return { found, readings, bad, through, remembered, lines: logger.lines, error }
}
