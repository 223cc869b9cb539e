import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { airReadings } from '../../src/events/air.ts'
import type { AirReading } from '../../src/events/reading.ts'
import { count, first, last, quantile, sum } from '../../src/streams/aggregates/standard.ts'
import { aggregate } from '../../src/streams/operators/aggregate.ts'
import { keyBy } from '../../src/streams/operators/key-by.ts'
import { to } from '../../src/streams/operators/to.ts'
import { where } from '../../src/streams/operators/where.ts'
import { hopping, sessions, tumbling } from '../../src/streams/operators/windows.ts'
import { topology } from '../../src/streams/topology.ts'
import { topologyDriver } from '../../src/testing/topology-driver.ts'
import { count as countColumn, defineView, double, instant, text } from '../../src/views/view.ts'
import { windowColumns } from '../../src/views/window-columns.ts'
import { air } from './readings.ts'

const { windowStart: _, ...columns } = windowColumns
const view = defineView({
  name: 'test_windows',
  doc: 'For tests.',
  key: { stationId: text('Station.'), windowStart: instant('Start.') },
  values: {
    ...columns,
    total: double('mg/m3', 'Sum.'),
    values: countColumn('Values.'),
    firstCo: double('mg/m3', 'First.'),
    lastCo: double('mg/m3', 'Last.'),
    median: double('mg/m3', 'Median.'),
  },
  stores: ['postgres'],
})
const spec = { total: sum('co'), values: count('co'), firstCo: first('co'), lastCo: last('co'), median: quantile('co', 0.5) }

const tumbled = topology('tumbled', airReadings, (readings) =>
  readings.pipe(keyBy('stationId'), tumbling(30), aggregate(spec), to(view)),
)
const hopped = topology('hopped', airReadings, (readings) =>
  readings.pipe(keyBy('stationId'), hopping(60, 20), aggregate(spec), to(view)),
)
const inSessions = topology('in-sessions', airReadings, (readings) =>
  readings.pipe(keyBy('stationId'), sessions(30, 1440), aggregate(spec), to(view)),
)
const onlyHigh = topology('only-high', airReadings, (readings) =>
  readings.pipe(
    keyBy('stationId'),
    where(1, (row) => (row.get('co') ?? 0) > 5),
    tumbling(30),
    aggregate(spec),
    to(view),
  ),
)

const MINUTE = 60_000
const START = Date.UTC(2025, 0, 1)

/** Short histories around midnight, with revisions, so that windows fill, merge and empty. */
const histories = fc.array(
  fc.record({
    minute: fc.integer({ min: 0, max: 400 }),
    co: fc.integer({ min: 0, max: 10 }),
    revision: fc.option(fc.integer({ min: 1, max: 3 })),
    cut: fc.boolean(),
  }),
  { minLength: 1, maxLength: 40 },
)
type History = ReadonlyArray<{ minute: number; co: number; revision: number | null; cut: boolean }>

function reading({ minute, co, revision }: History[number]): AirReading {
  return air(START + (minute - 200) * MINUTE, { co, revisedAt: revision, intervalMinutes: 10 })
}

/** The readings in force, in order of time, as plain objects. */
function inForce(history: History): AirReading[] {
  const latest = new Map<number, AirReading>()
  for (const step of history) {
    const next = reading(step)
    const known = latest.get(next.timestamp)
    if (known === undefined || (next.revisedAt ?? -1) >= (known.revisedAt ?? -1)) latest.set(next.timestamp, next)
  }
  return [...latest.values()].sort((a, b) => a.timestamp - b.timestamp)
}

function drive(logic: typeof tumbled, history: History): Map<number, Record<string, unknown>> {
  const driver = topologyDriver<AirReading>(logic)
  const seen = new Set<string>()
  for (const step of history) {
    if (!step.cut) {
      driver.take(reading(step))
      continue
    }
    for (const { key, isNew, row } of driver.pipe(reading(step))) {
      if (isNew) expect(seen.has(key)).toBe(false)
      if (row === null) seen.delete(key)
      else seen.add(key)
    }
  }
  driver.pipe()
  return new Map([...driver.rows().values()].map((row) => [row.windowStart as number, row]))
}

/** What the rows must say of groups of readings. */
function expected(groups: ReadonlyMap<number, readonly AirReading[]>): Map<number, object> {
  const rows = new Map<number, object>()
  for (const [start, readings] of groups) {
    if (readings.length === 0) continue
    const values = readings.map(({ co }) => co as number)
    const sorted = [...values].sort((a, b) => a - b)
    const middle = (sorted.length - 1) / 2
    const median = ((sorted[Math.floor(middle)] as number) + (sorted[Math.ceil(middle)] as number)) / 2
    rows.set(start, {
      total: values.reduce((a, b) => a + b, 0),
      n: readings.length,
      values: values.length,
      firstCo: values[0],
      lastCo: values.at(-1),
      median,
    })
  }
  return rows
}

function grid(readings: readonly AirReading[], sizeMinutes: number, advanceMinutes: number): Map<number, AirReading[]> {
  const groups = new Map<number, AirReading[]>()
  for (let start = START - 600 * MINUTE; start < START + 600 * MINUTE; start += advanceMinutes * MINUTE) {
    groups.set(
      start,
      readings.filter(({ timestamp }) => timestamp >= start && timestamp < start + sizeMinutes * MINUTE),
    )
  }
  return groups
}

function expectRows(
  actual: Map<number, Record<string, unknown>>,
  wanted: Map<number, object>,
  watermark: number,
  endOf: (start: number) => number,
): void {
  expect([...actual.keys()].sort()).toEqual([...wanted.keys()].sort())
  for (const [start, row] of wanted) {
    expect(actual.get(start)).toMatchObject(row)
    expect(actual.get(start)?.complete).toBe(watermark >= endOf(start))
  }
}

const watermarkOf = (readings: readonly AirReading[]) => Math.max(...readings.map(({ timestamp }) => timestamp + 10 * MINUTE))

describe('windows of fixed length', () => {
  test('tumbling rows equal a plain grouping, however the readings came', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const readings = inForce(history)
        expectRows(
          drive(tumbled, history),
          expected(grid(readings, 30, 30)),
          watermarkOf(readings),
          (start) => start + 30 * MINUTE,
        )
      }),
    )
  })

  test('hopping rows equal a plain grouping, however the readings came', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const readings = inForce(history)
        expectRows(
          drive(hopped, history),
          expected(grid(readings, 60, 20)),
          watermarkOf(readings),
          (start) => start + 60 * MINUTE,
        )
      }),
    )
  })

  test('a filter sees the latest revision: a row goes when a revision no longer passes', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const readings = inForce(history).filter(({ co }) => (co as number) > 5)
        const wanted = expected(grid(readings, 30, 30))
        const actual = drive(onlyHigh, history)
        expect([...actual.keys()].sort()).toEqual([...wanted.keys()].sort())
        for (const [start, row] of wanted) expect(actual.get(start)).toMatchObject(row)
      }),
    )
  })
})

describe('sessions', () => {
  test('rows equal a plain split at gaps and bounds; swallowed sessions are gone', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const readings = inForce(history)
        const groups = new Map<number, AirReading[]>()
        let current: AirReading[] = []
        for (const next of readings) {
          const before = current.at(-1)
          const sameDay =
            before !== undefined && Math.floor(before.timestamp / 86_400_000) === Math.floor(next.timestamp / 86_400_000)
          if (before === undefined || !sameDay || next.timestamp - before.timestamp > 30 * MINUTE) {
            current = []
            groups.set(next.timestamp, current)
          }
          current.push(next)
        }
        const watermark = watermarkOf(readings)
        const actual = drive(inSessions, history)
        const endOf = (start: number) => {
          const end = (groups.get(start)?.at(-1)?.timestamp as number) + 30 * MINUTE
          return Math.min(end, (Math.floor(start / 86_400_000) + 1) * 86_400_000)
        }
        expectRows(actual, expected(groups), watermark, endOf)
      }),
    )
  })
})
