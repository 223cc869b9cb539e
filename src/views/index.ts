import { airHourlyView, dailySensorMeansView } from './air.ts'
import { dailyEnergySummaryView, energiesView } from './energy.ts'
import { dataQualityView } from './quality.ts'
import { stationsView } from './stations.ts'
import type { View } from './view.ts'
import { weatherDailyView, weatherDataView, weatherHourlyView, weatherMonthlyView } from './weather.ts'

/** The views that windrow comes with. */
export const builtInViews: readonly View[] = [
  weatherDataView,
  weatherHourlyView,
  weatherDailyView,
  weatherMonthlyView,
  energiesView,
  dailyEnergySummaryView,
  airHourlyView,
  dailySensorMeansView,
  stationsView,
  dataQualityView,
]
