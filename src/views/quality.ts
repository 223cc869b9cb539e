import { count, defineView, double, localDay, requiredDouble, text } from './view.ts'
import { windowColumns } from './window-columns.ts'

/** What stands in `series` where a station has one series of readings only. */
export const ONLY_SERIES = 'all'

export const dataQualityView = defineView({
  name: 'data_quality',
  doc: 'How good the readings of a station and local day are: what came, what of it can be true, and a score.',
  key: {
    kind: text('What it measures: weather, energy or air.'),
    stationId: text('Identity of the station or zone.'),
    series: text(`Which of its series: consumption or production/SOLAR of a zone; ${ONLY_SERIES} where there is one.`),
    day: localDay('Day of the local calendar.'),
  },
  values: {
    ...windowColumns,
    score: requiredDouble('%', 'Weighted mean of the shares below that are known, 0 to 100; 0 for a day without any value.'),
    completeness: requiredDouble(
      '1',
      'Minutes covered by distinct readings / minutes of the day, at most 1; of a day that is not complete, up to the end of its last reading.',
    ),
    validity: double('1', 'Values that are there and plausible / values of quantities x readings; null without any value.'),
    timeliness: double('1', 'Timed readings that were in time / timed readings; null where all of them are history.'),
    regularity: double('1', 'Judged values that are no outliers / judged values; null where none could be judged.'),
    quantityN: count('Number of measured quantities of which the day has a value.'),
    valueN: count('Number of values of those quantities.'),
    missingN: count('Number of readings that lack one of those quantities, summed over the quantities.'),
    implausibleN: count('Number of values outside the plausible bounds of their quantity.'),
    judgedN: count('Number of values that could be compared with the values before and after.'),
    outlierN: count('Number of those that stand out from both.'),
    timedN: count('Number of readings that first came within 7 days after their end; what came later is history.'),
    lateN: count('Number of those that came later than 2 hours after their end, and later than their own interval.'),
    delayMedian: double(
      's',
      'Median time from the end of a timed reading to its first record, 0 where that came before the end.',
    ),
    delayMax: double('s', 'The longest of those times.'),
    duplicateN: count(
      'Number of records that say no more than the reading in force said when they came; at most 1,023 a reading are counted.',
    ),
  },
  stores: ['postgres', 'cassandra', 'influxdb'],
})
