import type { Reading } from '../../src/events/reading.ts'
import type { Fate, LogRecord } from './log-record.ts'

/** Who a reading is about. */
export interface Identity<R extends Reading> {
  readonly key: (reading: R) => string
  readonly subKey: (reading: R) => string
}

/** How the records of a reading came. */
export interface Arrival {
  /** The least `ingestedAt` of all of them. */
  readonly firstAt: number
  /** How many of them were duplicates. */
  readonly duplicates: number
}

export interface Resolved<R extends Reading> {
  /** The latest revision of every reading, in no particular order. */
  readonly current: readonly R[]
  /** Of each of those. */
  readonly arrivals: ReadonlyMap<R, Arrival>
  /** The fate of each record, in the order in which they were given. */
  readonly fates: readonly Fate[]
}

/**
 * Goes through the records of each partition in the order of their offsets.
 *
 * - A reading is identified by key, sub-key and timestamp.
 * - One that ends more than the allowed lateness before the greatest end of any reading of its series (key and sub-key) taken before
 *   it is too late. Everything else is taken: also what then proves stale or a duplicate moves that greatest end.
 * - A lower `revisedAt` than that of the reading in force (null is the lowest): stale.
 * - The same in all but `ingestedAt` and `dataOrigin`: a duplicate.
 * - Else it takes the place of the one in force, which is superseded. So ties of `revisedAt` go to the later offset.
 */
export function resolveReadings<R extends Reading>(
  records: readonly LogRecord<R>[],
  identity: Identity<R>,
  allowedLatenessMs: number | null,
): Resolved<R> {
  const fates = new Map<LogRecord<R>, Fate>()
  const inForce = new Map<string, { record: LogRecord<R>; reading: R }>()
  const taken = new Map<string, LogRecord<R>[]>()
  const greatestEnd = new Map<string, number>()
  const inOrder = [...records].sort((a, b) => a.partition - b.partition || a.offset - b.offset)
  for (const record of inOrder) {
    const { reading } = record
    if (reading === null) {
      fates.set(record, 'deadLettered')
      continue
    }
    const series = JSON.stringify([identity.key(reading), identity.subKey(reading)])
    const end = endOf(reading)
    const greatest = greatestEnd.get(series) ?? Number.NEGATIVE_INFINITY
    if (allowedLatenessMs !== null && end < greatest - allowedLatenessMs) {
      fates.set(record, 'tooLate')
      continue
    }
    greatestEnd.set(series, Math.max(greatest, end))
    const id = `${series} ${reading.timestamp}`
    taken.set(id, [...(taken.get(id) ?? []), record])
    const before = inForce.get(id)
    if (before === undefined) {
      fates.set(record, 'current')
      inForce.set(id, { record, reading })
    } else if (revision(reading) < revision(before.reading)) {
      fates.set(record, 'stale')
    } else if (contentOf(reading) === contentOf(before.reading)) {
      fates.set(record, 'duplicate')
    } else {
      fates.set(before.record, 'superseded')
      fates.set(record, 'current')
      inForce.set(id, { record, reading })
    }
  }
  return {
    current: [...inForce.values()].map(({ reading }) => reading),
    arrivals: new Map([...inForce].map(([id, { reading }]) => [reading, arrivalOf(taken.get(id) as LogRecord<R>[], fates)])),
    fates: records.map((record) => fates.get(record) as Fate),
  }
}

function arrivalOf<R extends Reading>(records: readonly LogRecord<R>[], fates: ReadonlyMap<LogRecord<R>, Fate>): Arrival {
  return {
    firstAt: Math.min(...records.map(({ reading }) => (reading as R).ingestedAt)),
    duplicates: records.filter((record) => fates.get(record) === 'duplicate').length,
  }
}

/** The end of a reading's interval. */
export function endOf(reading: Reading): number {
  return reading.timestamp + reading.intervalMinutes * 60_000
}

function revision(reading: Reading): number {
  return reading.revisedAt ?? Number.NEGATIVE_INFINITY
}

function contentOf(reading: Reading): string {
  const { ingestedAt: _, dataOrigin: __, location, ...content } = reading
  return JSON.stringify([sorted(content), sorted(location)])
}

/** JSON writes -0 as 0, as the log does. */
function sorted(object: object): unknown {
  return Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1))
}
