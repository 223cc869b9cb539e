import { readFileSync } from 'node:fs'
import { defineEvent } from './define-event.ts'
import type { EnergyReading } from './reading.ts'

export const energyReadings = defineEvent<EnergyReading>({
  name: 'energy',
  topic: 'energy.readings',
  schema: readFileSync(new URL('./energy-reading.avsc', import.meta.url), 'utf8'),
  key: 'zone_id',
  subKey: ['series', 'production_type'],
})
