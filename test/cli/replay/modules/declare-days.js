// @ts-check
import {
  addedCount,
  aggregate,
  airReadings,
  calendarDays,
  count,
  defineView,
  double,
  keyBy,
  localDay,
  mean,
  text,
  to,
  topology,
} from 'windrow'

const key = { stationId: text('Identity of the station.'), day: localDay('Day of the local calendar.') }
const coMean = double('mg/m3', 'Mean carbon monoxide.')
const doc = 'Carbon monoxide by station and day.'
const before = defineView({ name: 'co_days', doc, key, values: { coMean }, stores: ['postgres'] })
const coN = addedCount('Number of readings with carbon monoxide.')
const after = defineView({ name: 'co_days', doc, key, values: { coMean, coN }, stores: ['postgres'] })

/** A view as a version of its module declares it, and as the next does, which counts what the mean is of. */
export const daysBefore = [
  topology('co-days', airReadings, (readings) =>
    readings.pipe(keyBy('stationId'), calendarDays(), aggregate({ coMean: mean('co') }), to(before)),
  ),
]
export const daysAfter = [
  topology('co-days', airReadings, (readings) =>
    readings.pipe(keyBy('stationId'), calendarDays(), aggregate({ coMean: mean('co'), coN: count('co') }), to(after)),
  ),
]
