import type { Topology } from '../topology.ts'
import { airHourly, airStations, dailySensorMeans } from './air.ts'
import { dailyEnergySummary, energies, energyZones } from './energy.ts'
import { airDataQuality, energyDataQuality, weatherDataQuality } from './quality.ts'
import { weatherDaily, weatherData, weatherHourly, weatherMonthly, weatherStations } from './weather.ts'

/** The topologies that windrow comes with. */
export const builtInTopologies: readonly Topology[] = [
  weatherData,
  weatherHourly,
  weatherDaily,
  weatherMonthly,
  weatherStations,
  energies,
  dailyEnergySummary,
  energyZones,
  airHourly,
  dailySensorMeans,
  airStations,
  weatherDataQuality,
  energyDataQuality,
  airDataQuality,
]
