import { readFileSync } from 'node:fs'
import { defineEvent } from './define-event.ts'
import type { AirReading } from './reading.ts'

export const airReadings = defineEvent<AirReading>({
  name: 'air',
  topic: 'air.readings',
  schema: readFileSync(new URL('./air-reading.avsc', import.meta.url), 'utf8'),
  key: 'station_id',
})
