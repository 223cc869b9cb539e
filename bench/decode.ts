// How many readings a second the decoder takes on one core: `npm run bench` builds it; then `node dist-bench/bench/decode.js`.
import { type RecordBatch, RecordBlockBuilder } from '../src/core/record-block.ts'
import { airReadings } from '../src/events/air.ts'
import { Dictionaries } from '../src/events/dictionaries.ts'
import { energyReadings } from '../src/events/energy.ts'
import type { EventType } from '../src/events/event-type.ts'
import type { AirReading, EnergyReading, Reading, WeatherReading } from '../src/events/reading.ts'
import { createReadingDecoder } from '../src/events/reading-decoder.ts'
import { readingEncoder } from '../src/events/reading-encoder.ts'
import { weatherReadings } from '../src/events/weather.ts'

const STATIONS = 64
const BLOCK = 2048
const ROUNDS = 20
const start = Date.UTC(2025, 0, 1)
const location = { city: 'Paris', country: 'FR', latitude: 48.8566, longitude: 2.3522, timeZone: 'Europe/Paris' }

const common = (i: number) => ({
  timestamp: start + Math.floor(i / STATIONS) * 3_600_000,
  intervalMinutes: 60,
  location,
  revisedAt: null,
  ingestedAt: start + Math.floor(i / STATIONS) * 3_600_000 + 3_700_000,
  dataOrigin: 'airqino',
})
const stationOf = (i: number): string => `smart-${1000 + (i % STATIONS)}`

const air = (i: number): AirReading => ({
  ...common(i),
  stationId: stationOf(i),
  co: 0.3 + (i % 17) / 100,
  no2: 12.5 + (i % 7),
  o3: null,
  pm10: 20 + (i % 11),
  pm25: i % 30,
  temperature: 4.25,
  humidity: 81,
})
const weather = (i: number): WeatherReading => ({
  ...common(i),
  stationId: stationOf(i),
  temperature: (i % 400) / 10,
  humidity: i % 100,
  pressure: 1000 + (i % 300) / 10,
  windSpeed: (i % 200) / 10,
  windDirection: (i % 36) * 10,
  precipitation: 0,
  weatherCondition: i % 5 === 0 ? 'Rain' : 'Clear',
  isRain: i % 5 === 0,
  isStorm: false,
  nextHourTemp: null,
  nextHourPrecip: null,
})
const energy = (i: number): EnergyReading => ({
  ...common(i),
  zoneId: 'FR',
  series: i % 2 === 0 ? 'consumption' : 'production',
  productionType: i % 2 === 0 ? null : 'SOLAR',
  value: 50_000 + i,
})

function blocks<R extends Reading>(event: EventType<R>, make: (i: number) => R, key: (reading: R) => string): RecordBatch[] {
  const encoder = readingEncoder(event, 7)
  return Array.from({ length: 100 }, (_, b) => {
    const builder = new RecordBlockBuilder()
    for (let i = b * BLOCK; i < (b + 1) * BLOCK; i++) {
      const reading = make(i)
      builder.add(key(reading), encoder.encode(reading))
    }
    const offsets = Float64Array.from({ length: BLOCK }, (_, i) => b * BLOCK + i)
    return { ...builder.build(), offsets, appendedAt: offsets, nextOffset: (b + 1) * BLOCK }
  })
}

function measure<R extends Reading>(event: EventType<R>, make: (i: number) => R, key: (reading: R) => string): void {
  const batches = blocks(event, make, key)
  const bytes = batches.reduce((sum, batch) => sum + batch.bytes.byteLength, 0) / (batches.length * BLOCK)
  const schemas = { lookup: () => event.schema }
  const decoder = createReadingDecoder({ event, dictionaries: new Dictionaries(), partition: 0, partitions: 1, schemas })
  const out = decoder.decode(batches[0] as RecordBatch)
  // The quickest and the median block: the machine may have other work.
  const seconds: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    for (const batch of batches) {
      const began = process.hrtime.bigint()
      decoder.decode(batch, out)
      seconds.push(Number(process.hrtime.bigint() - began) / 1e9)
    }
  }
  seconds.sort((a, b) => a - b)
  const rate = (part: number): string => (BLOCK / (seconds[Math.floor(seconds.length * part)] as number) / 1e6).toFixed(2)
  process.stdout.write(
    `${event.name}: ${rate(0)} M readings/s at best, ${rate(0.5)} median, ${bytes.toFixed(0)} bytes each with key\n`,
  )
}

measure(airReadings, air, ({ stationId }) => stationId)
measure(weatherReadings, weather, ({ stationId }) => stationId)
measure(energyReadings, energy, ({ zoneId }) => zoneId)
