import fc from 'fast-check'
import { NEVER } from 'rxjs'
import { describe, expect, test } from 'vitest'
import {
  type AirReading,
  aggregate,
  airReadings,
  arrivals,
  assess,
  changeFromPrevious,
  completeness,
  countColumn,
  defineView,
  double,
  instant,
  keyBy,
  requiredDouble,
  sessions,
  text,
  to,
  topology,
  where,
  windowColumns,
  withArrivals,
} from '../../src/index.ts'
import { describe as planned } from '../../src/streams/plan.ts'
import { topologyDriver } from '../../src/testing/topology-driver.ts'
import { air } from './readings.ts'

const START = Date.parse('2025-06-01T00:00:00Z')
const MINUTE_MS = 60_000
const inTime = { inTimeSeconds: 3600, historySeconds: 86_400 }

const { windowStart: _, ...columns } = windowColumns
const view = defineView({
  name: 'own_quality',
  doc: 'Quality by session.',
  key: { stationId: text('Station.'), windowStart: instant('Start.') },
  values: {
    ...columns,
    completeness: requiredDouble('1', 'Covered share.'),
    timedN: countColumn('Timed readings.'),
    lateN: countColumn('Late readings.'),
    delayMedian: double('s', 'Median delay.'),
    delayMax: double('s', 'Longest delay.'),
    duplicateN: countColumn('Duplicates.'),
    quantityN: countColumn('Quantities.'),
    valueN: countColumn('Values.'),
    missingN: countColumn('Missing values.'),
    implausibleN: countColumn('Implausible values.'),
    judgedN: countColumn('Judged values.'),
    outlierN: countColumn('Outliers.'),
  },
  stores: [],
})

const ownQuality = topology('own-quality', airReadings, (readings) =>
  readings.pipe(
    withArrivals(),
    keyBy('stationId'),
    where(1, (row) => (row.get('co') ?? 0) < 9),
    sessions(60),
    aggregate({
      completeness: completeness(),
      ...arrivals(inTime),
      ...assess({ co: { plausible: [0, 5], spike: { above: 1 } } }),
    }),
    to(view),
  ),
)

const told = fc
  .record({ slot: fc.nat(12), co: fc.constantFrom(1, 1, 2, 9), delayMinutes: fc.nat(3000) })
  .map(({ slot, co, delayMinutes }): AirReading => {
    const timestamp = START + slot * 720 * MINUTE_MS
    return air(timestamp, { co, intervalMinutes: 30, ingestedAt: timestamp + delayMinutes * MINUTE_MS })
  })

test('arrivals of a topology of one own are the same however readings are cut into commits', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(told, fc.boolean()), { maxLength: 30 }), (readings) => {
      const once = topologyDriver<AirReading>(ownQuality)
      once.pipe(...readings.map(([reading]) => reading))
      const cut = topologyDriver<AirReading>(ownQuality)
      for (const [reading, commits] of readings) (commits ? cut.pipe : cut.take)(reading)
      cut.pipe()
      expect(cut.rows()).toEqual(once.rows())
    }),
    { numRuns: 50 },
  )
})

describe('arrivals are refused', () => {
  const behind = (...operators: string[]) =>
    planned(
      NEVER,
      operators.map((operator) => ({ operator })),
    )

  test('without withArrivals: their rows would not be made again', () => {
    const { lateN } = arrivals(inTime)
    for (const spec of [arrivals(inTime), { change: changeFromPrevious(lateN) }]) {
      const refused = expect.objectContaining({ code: 'WR_TOPOLOGY_ORDER', message: 'arrivals stands without withArrivals.' })
      expect(() => aggregate(spec)(behind('keyBy', 'tumbling'))).toThrow(refused)
      expect(() => aggregate(spec)(behind('withArrivals', 'keyBy', 'tumbling'))).not.toThrow()
    }
  })

  test('behind a join, whose rows are of several readings', () => {
    expect(() => aggregate(arrivals(inTime))(behind('withArrivals', 'keyBy', 'join', 'tumbling'))).toThrow('stands behind join')
  })
})
