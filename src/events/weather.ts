import { readFileSync } from 'node:fs'
import { defineEvent } from './define-event.ts'
import type { WeatherReading } from './reading.ts'

export const weatherReadings = defineEvent<WeatherReading>({
  name: 'weather',
  topic: 'weather.readings',
  schema: readFileSync(new URL('./weather-reading.avsc', import.meta.url), 'utf8'),
  key: 'station_id',
})
