import { withConfig } from '../../../src/cli/session.ts'
import { loadConfig } from '../../../src/config/load-config.ts'
import { partitionOf } from '../../../src/core/murmur2.ts'
import { RecordBlockBuilder } from '../../../src/core/record-block.ts'
import { airReadings } from '../../../src/events/air.ts'
import type { EventType } from '../../../src/events/event-type.ts'
import type { AirReading, Reading, WeatherReading } from '../../../src/events/reading.ts'
import { readingEncoder } from '../../../src/events/reading-encoder.ts'
import { weatherReadings } from '../../../src/events/weather.ts'
import type { CommandLine } from '../command-line.ts'

const HOUR_MS = 3_600_000

/** A station whose name means something to SQL, to Flux and to regular expressions, and that has no city. */
const ODD_STATION = `o'brien (1.5) "roof"`

/** Readings that are late, come twice, are none, leave holes, or are above what is healthy; and a station that not every store can hold. */
export async function makeTroubles(windrow: CommandLine, environment: Readonly<Record<string, string>>): Promise<void> {
  await withConfig(loadConfig(environment, windrow.folder), async ({ log, catalogue }) => {
    async function topicOf<R extends Reading>(event: EventType<R>) {
      const topic = await log.findTopic(catalogue.topicOf(event))
      if (topic === null) throw new Error(`There are no readings of ${event.name}`)
      const encoder = readingEncoder(event, await log.registry.register(`${topic.name}-value`, event.schema))
      return {
        encode: (reading: R) => encoder.encode(reading),
        async append(key: string, values: readonly Uint8Array[]): Promise<void> {
          const block = new RecordBlockBuilder()
          for (const value of values) block.add(key, value)
          const partition = partitionOf(new TextEncoder().encode(key), topic.partitions)
          await log.append([{ topic, partition, block: block.build() }])
        },
      }
    }
    const lastHour = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - HOUR_MS
    const weather = await topicOf(weatherReadings)
    const at = (hoursAgo: number): Uint8Array => weather.encode({ ...weatherReading, timestamp: lastHour - hoursAgo * HOUR_MS })
    const hours = Array.from({ length: 48 }, (_, i) => at(47 - i))
    // The last one twice, and one of thirty days ago.
    await weather.append(ODD_STATION, [...hours, at(0), at(30 * 24)])
    await weather.append('poison', [new TextEncoder().encode('no reading')])
    // Line breaks are in no tag: InfluxDB refuses the station, and Postgres has it.
    await weather.append('two\nlines', [weather.encode({ ...weatherReading, stationId: 'two\nlines', timestamp: lastHour })])
    const air = await topicOf(airReadings)
    const tenMinutes = (i: number): Uint8Array => air.encode({ ...airReading, timestamp: lastHour - 12 * HOUR_MS + i * 600_000 })
    // Every other hour has two of its six readings.
    const some = Array.from({ length: 72 }, (_, i) => i).filter((i) => Math.floor(i / 6) % 2 === 0 || i % 6 < 2)
    await air.append(airReading.stationId, some.map(tenMinutes))
    // Three days above the guidelines: two at least are whole.
    const smog = { ...airReading, stationId: 'smog', intervalMinutes: 60 }
    const days = Array.from({ length: 72 }, (_, i) => air.encode({ ...smog, timestamp: lastHour - (71 - i) * HOUR_MS }))
    await air.append(smog.stationId, days)
  })
}

const common = {
  location: { city: null, country: null, latitude: null, longitude: null, timeZone: 'Europe/Paris' },
  revisedAt: null,
  ingestedAt: Date.now(),
  dataOrigin: 'test',
  humidity: 70,
}
const weatherReading: WeatherReading = {
  ...common,
  stationId: ODD_STATION,
  timestamp: 0,
  intervalMinutes: 60,
  temperature: 11,
  pressure: 1010,
  windSpeed: 3,
  windDirection: 350,
  precipitation: 0.2,
  weatherCondition: null,
  isRain: true,
  isStorm: false,
  nextHourTemp: null,
  nextHourPrecip: null,
}
const airReading: AirReading = {
  ...common,
  stationId: 'holes',
  timestamp: 0,
  intervalMinutes: 10,
  co: 5,
  no2: 30,
  o3: 40,
  pm10: 20,
  pm25: 18,
  temperature: 12,
}
