import type { EventType, PayloadColumn } from './event-type.ts'
import type { Reading } from './reading.ts'

const limited = new WeakMap<EventType, readonly PayloadColumn[]>()

/**
 * Why a reading is physically impossible (a temperature of 1,000 degrees), null where it is not: a measurement beyond the `minimum` or
 * `maximum` of its field in the event's schema. A missing measurement is within any.
 */
export function beyondLimits(event: EventType, reading: Reading): { code: 'WR_READING_LIMITS'; message: string } | null {
  let columns = limited.get(event)
  if (columns === undefined) {
    columns = event.payload.filter(({ kind, minimum, maximum }) => kind === 'number' && (minimum !== null || maximum !== null))
    limited.set(event, columns)
  }
  const values = reading as unknown as Readonly<Record<string, unknown>>
  for (const column of columns) {
    const value = values[column.name]
    if (typeof value !== 'number') continue
    const isBeyond = value < (column.minimum ?? Number.NEGATIVE_INFINITY) || value > (column.maximum ?? Number.POSITIVE_INFINITY)
    // What is no finite number is refused as such.
    if (isBeyond && Number.isFinite(value)) return { code: 'WR_READING_LIMITS', message: messageOf(event, column, value) }
  }
  return null
}

function messageOf(event: EventType, { field, unit, minimum, maximum }: PayloadColumn, value: number): string {
  const shown = unit === null ? String(value) : `${value} ${unit === 'Cel' ? '°C' : unit}`
  const bounds =
    minimum === null ? `at most ${maximum}` : maximum === null ? `at least ${minimum}` : `between ${minimum} and ${maximum}`
  return `The field ${field} of this ${event.name} reading is physically impossible: it is ${shown}, and must be ${bounds}.`
}
