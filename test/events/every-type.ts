import fc from 'fast-check'
import { commonFields, defineEvent } from '../../src/events/define-event.ts'
import type { EventType } from '../../src/events/event-type.ts'
import type { Reading } from '../../src/events/reading.ts'
import { readingKey, subKeyOf } from '../../src/events/reading-key.ts'
import type { Decoded } from './batches.ts'
import { finite, place, time } from './readings.ts'

/** What a decoder is to say of a reading. */
export function expected<R extends Reading>(event: EventType<R>, reading: R, offset: number): Decoded {
  const values = reading as unknown as Record<string, unknown>
  return {
    offset,
    key: readingKey(event, reading),
    subKey: subKeyOf(event, reading),
    timestamp: reading.timestamp,
    intervalMinutes: reading.intervalMinutes,
    location: reading.location,
    revisedAt: reading.revisedAt,
    ingestedAt: reading.ingestedAt,
    payload: Object.fromEntries(event.payload.map(({ name }) => [name, values[name] ?? null])),
  }
}

export interface EveryTypeReading extends Reading {
  readonly sensor: string
  readonly line: string
  readonly kind: 'A' | 'B' | null
  readonly level: number
  readonly peak: number | null
  readonly count: number | null
  readonly small: number
  readonly isNight: boolean
  readonly source: 'ROAD' | 'RAIL' | null
  readonly note: string
}

/** Every type that a payload may have, null as either branch, and the fields in no particular order. */
export const everyType = defineEvent<EveryTypeReading>({
  name: 'every',
  topic: 'every.readings',
  key: 'sensor',
  subKey: ['line', 'kind'],
  schema: {
    type: 'record',
    name: 'Every',
    fields: [
      { name: 'note', type: 'string' },
      { name: 'kind', type: ['null', { type: 'enum', name: 'Kind', symbols: ['A', 'B'] }] },
      { name: 'peak', type: ['float', 'null'] },
      ...[...commonFields].reverse(),
      { name: 'sensor', type: 'string' },
      { name: 'count', type: ['long', 'null'] },
      { name: 'small', type: 'int' },
      { name: 'line', type: 'string' },
      { name: 'is_night', type: 'boolean' },
      { name: 'level', type: 'double' },
      { name: 'source', type: ['null', { type: 'enum', name: 'Source', symbols: ['ROAD', 'RAIL'] }] },
    ],
  },
})

export const anyEveryType: fc.Arbitrary<EveryTypeReading> = fc.record({
  timestamp: fc.constant(0),
  intervalMinutes: fc.integer({ min: 1, max: 1440 }),
  location: place,
  revisedAt: fc.option(time, { nil: null }),
  ingestedAt: fc.nat({ max: 1e12 }),
  dataOrigin: fc.constantFrom('a', 'b'),
  sensor: fc.constantFrom('s1', 's2', 'a much longer name of a sensor, longer than 63 bytes, so that its length takes two'),
  line: fc.constantFrom('north', 'south'),
  kind: fc.constantFrom('A' as const, 'B' as const, null),
  level: finite,
  peak: fc.option(
    fc.float({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
    { nil: null },
  ),
  count: fc.option(fc.integer({ min: -(2 ** 52) + 1, max: 2 ** 52 - 1 }), { nil: null }),
  small: fc.integer(),
  isNight: fc.boolean(),
  source: fc.constantFrom('ROAD' as const, 'RAIL' as const, null),
  note: fc.string({ maxLength: 100 }).map((text) => text.replaceAll('\0', '')),
})
