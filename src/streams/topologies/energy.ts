import { energyReadings } from '../../events/energy.ts'
import { dailyEnergySummaryView, energiesView } from '../../views/energy.ts'
import { stationsView } from '../../views/stations.ts'
import { count, countWhere, hourly, max, mean, min, share } from '../aggregates/standard.ts'
import { aggregate } from '../operators/aggregate.ts'
import { derive, quotient } from '../operators/derive.ts'
import { extent } from '../operators/extent.ts'
import { join, series } from '../operators/join.ts'
import { keyBy } from '../operators/key-by.ts'
import { latest } from '../operators/latest.ts'
import { to } from '../operators/to.ts'
import { calendarDays } from '../operators/windows.ts'
import { topology } from '../topology.ts'

export const energies = topology('energies', energyReadings, (readings) =>
  readings.pipe(
    keyBy('zoneId'),
    join('inner', {
      consumption: series('consumption', 'value', { atLeast: 0 }),
      pv: series('production/SOLAR', 'value', { atLeast: 0 }),
    }),
    latest(),
    derive(1, (row) => ({
      // An inner join has a row only while both sides have a value.
      consommations: row.consumption as number,
      productionPv: row.pv as number,
      clamped: row.consumptionClamped === true || row.pvClamped === true,
    })),
    to(energiesView),
  ),
)

export const dailyEnergySummary = topology('daily-energy-summary', energyReadings, (readings) =>
  readings.pipe(
    keyBy('zoneId'),
    join('outer', { consumption: series('consumption', 'value'), pv: series('production/SOLAR', 'value', { atLeast: 0 }) }),
    calendarDays(),
    aggregate(
      {
        consumptionMean: mean('consumption'),
        consumptionMin: min('consumption'),
        consumptionMax: max('consumption'),
        consumptionEnergyMwh: hourly('consumption'),
        pvN: count('pv'),
        pvEnergyMwh: hourly('pv'),
        pvShare: share('pv', 'consumption'),
        pvClampedN: countWhere('pvClamped'),
      },
      { counting: 'consumption' },
    ),
    derive(1, (row) => ({ loadFactor: quotient(row.consumptionMean, row.consumptionMax) })),
    to(dailyEnergySummaryView),
  ),
)

export const energyZones = topology('energy-zones', energyReadings, (readings) =>
  readings.pipe(keyBy('zoneId'), extent('energy'), to(stationsView)),
)
