import { airReadings } from '../../src/events/air.ts'
import { energyReadings } from '../../src/events/energy.ts'
import { count, first, last, quantile, sum } from '../../src/streams/aggregates/standard.ts'
import { aggregate } from '../../src/streams/operators/aggregate.ts'
import { keyBy } from '../../src/streams/operators/key-by.ts'
import { to } from '../../src/streams/operators/to.ts'
import { where } from '../../src/streams/operators/where.ts'
import { hopping, sessions, tumbling } from '../../src/streams/operators/windows.ts'
import { type Topology, topology } from '../../src/streams/topology.ts'
import { count as countColumn, defineView, double, instant, text } from '../../src/views/view.ts'
import { windowColumns } from '../../src/views/window-columns.ts'

// What the built-in topologies do not use: windows of fixed length, sessions, a filter, sub-keys, and aggregates that cannot be merged.

const { windowStart: _, ...columns } = windowColumns
const statistics = {
  ...columns,
  total: double('1', 'Sum.'),
  values: countColumn('Number of values.'),
  firstValue: double('1', 'First value.'),
  lastValue: double('1', 'Last value.'),
  median: double('1', 'Median.'),
}
const ofStation = { stationId: text('Station.'), windowStart: instant('Start.') }

export const SESSION_GAP_MINUTES = 90
export const HOP_SIZE_MINUTES = 180
export const HOP_MINUTES = 60
export const TUMBLE_MINUTES = 360
/** Readings at or below it are filtered out before hopping windows and some sessions. */
export const CO_FLOOR = 2

const ofCo = {
  total: sum('co'),
  values: count('co'),
  firstValue: first('co'),
  lastValue: last('co'),
  median: quantile('co', 0.5),
} as const

const airSessions = topology('sim-sessions', airReadings, (readings) =>
  readings.pipe(
    keyBy('stationId'),
    sessions(SESSION_GAP_MINUTES),
    aggregate(ofCo),
    to(defineView({ name: 'sim_sessions', doc: 'Sessions.', key: ofStation, values: statistics, stores: [] })),
  ),
)

const airHighSessions = topology('sim-high-sessions', airReadings, (readings) =>
  readings.pipe(
    keyBy('stationId'),
    where(1, (row) => (row.get('co') ?? 0) > CO_FLOOR),
    sessions(SESSION_GAP_MINUTES),
    aggregate(ofCo),
    to(defineView({ name: 'sim_high_sessions', doc: 'Filtered sessions.', key: ofStation, values: statistics, stores: [] })),
  ),
)

const airHopping = topology('sim-hopping', airReadings, (readings) =>
  readings.pipe(
    keyBy('stationId'),
    where(1, (row) => (row.get('co') ?? 0) > CO_FLOOR),
    hopping(HOP_SIZE_MINUTES, HOP_MINUTES),
    aggregate(ofCo),
    to(defineView({ name: 'sim_hopping', doc: 'Hopping windows.', key: ofStation, values: statistics, stores: [] })),
  ),
)

const energyTumbling = topology('sim-tumbling', energyReadings, (readings) =>
  readings.pipe(
    keyBy('zoneId', 'subKey'),
    tumbling(TUMBLE_MINUTES),
    aggregate({
      total: sum('value'),
      values: count('value'),
      firstValue: first('value'),
      lastValue: last('value'),
      median: quantile('value', 0.5),
    }),
    to(
      defineView({
        name: 'sim_tumbling',
        doc: 'Tumbling windows of each series.',
        key: { zoneId: text('Zone.'), subKey: text('Series.'), windowStart: instant('Start.') },
        values: statistics,
        stores: [],
      }),
    ),
  ),
)

export const ownTopologies: readonly Topology[] = [airSessions, airHighSessions, airHopping, energyTumbling]
