import { airReadings } from '../../../src/events/air.ts'
import { mean } from '../../../src/streams/aggregates/standard.ts'
import { aggregate } from '../../../src/streams/operators/aggregate.ts'
import { keyBy } from '../../../src/streams/operators/key-by.ts'
import { to } from '../../../src/streams/operators/to.ts'
import { where } from '../../../src/streams/operators/where.ts'
import { calendarDays } from '../../../src/streams/operators/windows.ts'
import { topology } from '../../../src/streams/topology.ts'
import { defineView, double, localDay, text } from '../../../src/views/view.ts'
import { windowColumns } from '../../../src/views/window-columns.ts'

const means = defineView({
  name: 'means',
  doc: 'A view of these tests.',
  key: { stationId: text('station'), day: localDay('day') },
  values: { ...windowColumns, coMean: double('mg/m3', 'mean') },
  stores: ['postgres'],
})

export const before = topology('means', airReadings, (readings) =>
  readings.pipe(keyBy('stationId'), calendarDays(), aggregate({ coMean: mean('co') }), to(means)),
)

/** Other logic for the same view: some days have no rows any more. */
export const after = topology('means', airReadings, (readings) =>
  readings.pipe(
    keyBy('stationId'),
    where(1, (row) => (row.get('pm25') as number) >= 20),
    calendarDays(),
    aggregate({ coMean: mean('co') }),
    to(means),
  ),
)
