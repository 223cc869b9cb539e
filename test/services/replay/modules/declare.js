// @ts-check
import {
  addedCount,
  aggregate,
  airReadings,
  calendarDays,
  countColumn,
  count as countOf,
  defineView,
  derive,
  double,
  instant,
  keyBy,
  localDay,
  mean,
  text,
  to,
  topology,
  tumbling,
  where,
} from 'windrow'

/** @type {('postgres' | 'cassandra' | 'influxdb')[]} */
const stores = ['postgres', 'cassandra', 'influxdb']
const values = {
  logic: countColumn('Which logic has made the row.'),
  readings: countColumn('Number of readings.'),
  coMean: double('mg/m3', 'Mean carbon monoxide.'),
}
/** With a column that takes no null, which tables that were made before have not. */
const grownValues = { ...values, coN: addedCount('Number of readings with carbon monoxide.') }

/**
 * Two views as the logic of this number makes them. Each logic has rows that the other has not, and both have some keys in common: those of the
 * shifts that begin at the same time, and of the days that neither leaves out.
 * @param {{ logic: number, shiftMinutes: number, dayOff: number, isGrown?: boolean }} options `dayOff`: the day of the week (UTC) that has no row;
 * `isGrown`: with one column more
 */
export function declareTopologies({ logic, shiftMinutes, dayOff, isGrown = false }) {
  const shiftMeansView = defineView({
    name: 'shift_means',
    doc: 'Carbon monoxide by station and shift.',
    key: { stationId: text('Identity of the station.'), windowStart: instant('Beginning of the shift.') },
    values: isGrown ? grownValues : values,
    stores,
  })
  const dayMeansView = defineView({
    name: 'day_means',
    doc: 'Carbon monoxide by station and day.',
    key: { stationId: text('Identity of the station.'), day: localDay('Day of the local calendar.') },
    values: isGrown ? grownValues : values,
    stores,
  })
  return [
    topology('shift-means', airReadings, (readings) =>
      readings.pipe(
        keyBy('stationId'),
        tumbling(shiftMinutes),
        aggregate({ readings: countOf(), coMean: mean('co'), coN: countOf('co') }),
        derive(logic, () => ({ logic })),
        to(shiftMeansView),
      ),
    ),
    topology('day-means', airReadings, (readings) =>
      readings.pipe(
        keyBy('stationId'),
        where(logic, ({ timestamp }) => new Date(timestamp).getUTCDay() !== dayOff),
        calendarDays(),
        aggregate({ readings: countOf(), coMean: mean('co'), coN: countOf('co') }),
        derive(logic, () => ({ logic })),
        to(dayMeansView),
      ),
    ),
  ]
}
