import {
  count,
  defineView,
  double,
  flag,
  instant,
  localDay,
  optionalInstant,
  optionalText,
  requiredDouble,
  text,
} from './view.ts'
import { windowColumns } from './window-columns.ts'

const zoneId = text('Identity of the grid zone.')

export const energiesView = defineView({
  name: 'energies',
  doc: 'Consumption joined with solar production of the same start and interval, there while both are known.',
  key: { zoneId, timestamp: instant('Start of the interval.') },
  values: {
    consommations: requiredDouble('MW', 'Consumption, mean over the interval, at least 0.'),
    productionPv: requiredDouble('MW', 'Solar production, mean over the interval, at least 0.'),
    city: optionalText('City, where the zone names one.'),
    country: optionalText('Country of the zone.'),
    intervalMinutes: count('Length of the interval, minutes.'),
    clamped: flag('True where upstream gave a negative value and 0 stands here; the reading itself stays in the log.'),
    revisedAt: optionalInstant('The newer revision of the two readings; null when neither was revised.'),
  },
  stores: ['postgres', 'influxdb'],
})

export const dailyEnergySummaryView = defineView({
  name: 'daily_energy_summary',
  doc: 'Consumption and solar production by zone and local day. n, expected and coverage are about consumption.',
  key: { zoneId, day: localDay('Day of the local calendar.') },
  values: {
    ...windowColumns,
    consumptionMean: double('MW', 'Mean consumption.'),
    consumptionMin: double('MW', 'Least consumption.'),
    consumptionMax: double('MW', 'Greatest consumption.'),
    consumptionEnergyMwh: double('MWh', 'Consumed energy: the sum of value x interval.'),
    loadFactor: double('1', 'Mean / greatest consumption.'),
    pvN: count('Number of intervals with solar production.'),
    pvEnergyMwh: double('MWh', 'Solar energy: the sum of value x interval, negative values taken as 0.'),
    pvShare: double('1', 'Solar energy / consumed energy, of the intervals that have both.'),
    pvClampedN: count('Number of negative solar values that were taken as 0.'),
  },
  stores: ['postgres', 'cassandra', 'influxdb'],
})
