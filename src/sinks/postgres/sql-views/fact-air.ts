import { airHourlyView, dailySensorMeansView } from '../../../views/air.ts'
import { hourlyFact } from './hourly-fact.ts'

export const factAir = hourlyFact({
  name: 'fact_air',
  doc: 'Facts of the star schema: air quality by station and hour.',
  kind: 'air',
  hourly: airHourlyView,
  daily: dailySensorMeansView,
})
