import { weatherDailyView, weatherHourlyView } from '../../../views/weather.ts'
import { hourlyFact } from './hourly-fact.ts'

export const factWeather = hourlyFact({
  name: 'fact_weather',
  doc: 'Facts of the star schema: weather by station and hour.',
  kind: 'weather',
  hourly: weatherHourlyView,
  daily: weatherDailyView,
})
