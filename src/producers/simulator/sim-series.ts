import { MINUTE_MS } from '../../core/calendar.ts'
import { airReadings } from '../../events/air.ts'
import { energyReadings } from '../../events/energy.ts'
import type { EventType } from '../../events/event-type.ts'
import type { AirReading, EnergyReading, WeatherReading } from '../../events/reading.ts'
import { weatherReadings } from '../../events/weather.ts'
import type { ReadingDraft } from '../source.ts'
import { airModel } from './air-model.ts'
import { energyModel, type Power } from './energy-model.ts'
import { channelOf } from './noise.ts'
import { AIR_SITES, ENERGY_PLACE, ENERGY_ZONE, LYON, PARIS, type Site, WEATHER_SITES } from './sites.ts'
import { type Sky, weatherModel } from './weather-model.ts'

/** What one instrument measures: readings of one station and sub-key at a constant cadence. */
export interface SimSeries {
  readonly event: EventType
  readonly station: string
  readonly intervalMs: number
  /** Of everything random about it. */
  readonly channel: number
  /** The reading of the interval that starts at `time`. The first version of one that is revised is a little wrong. */
  read(time: number, isFirstOfTwo: boolean): ReadingDraft
}

const ORIGIN = 'simulator'
const WEATHER_MINUTES = 15
const AIR_MINUTES = 60
const ENERGY_MINUTES = 15

/** Every series of the simulated world. */
export function simSeries(seed: number): readonly SimSeries[] {
  return [
    ...WEATHER_SITES.map((site) => weatherSeries(seed, site)),
    ...AIR_SITES.map((site) => airSeries(seed, site)),
    ...energySeries(seed),
  ]
}

function weatherSeries(seed: number, site: Site): SimSeries {
  const skyAt = weatherModel(seed, site)
  const intervalMs = WEATHER_MINUTES * MINUTE_MS
  return {
    event: weatherReadings as EventType,
    station: site.id,
    intervalMs,
    channel: channelOf(seed, site.id, 'arrivals'),
    read: (time, isFirstOfTwo) => {
      const sky = skyAt(time + intervalMs / 2)
      const nextHour = skyAt(time + intervalMs + 30 * MINUTE_MS)
      const temperature = rounded(sky.temperature, 1)
      const precipitation = rounded((sky.rainRate * WEATHER_MINUTES) / 60, 1)
      const isRain = precipitation > 0 && temperature > 0.5
      const reading: WeatherReading = {
        timestamp: time,
        intervalMinutes: WEATHER_MINUTES,
        location: site.place,
        revisedAt: null,
        ingestedAt: 0,
        dataOrigin: ORIGIN,
        stationId: site.id,
        temperature: isFirstOfTwo ? rounded(temperature + 1.7, 1) : temperature,
        humidity: rounded(sky.humidity, 0),
        pressure: rounded(sky.pressure, 1),
        windSpeed: rounded(sky.windSpeed, 1),
        windDirection: rounded(sky.windDirection, 0) % 360,
        precipitation,
        weatherCondition: conditionOf(sky, precipitation, isRain),
        isRain,
        isStorm: sky.isStorm,
        nextHourTemp: rounded(nextHour.temperature, 1),
        nextHourPrecip: rounded(nextHour.rainRate, 1),
      }
      return reading
    },
  }
}

function conditionOf(sky: Sky, precipitation: number, isRain: boolean): string {
  if (sky.isStorm) return 'Thunderstorm'
  if (precipitation > 0 && !isRain) return 'Snowfall'
  if (isRain) return sky.rainRate > 3 ? 'Heavy rain' : sky.rainRate > 1 ? 'Rain' : 'Light rain'
  if (sky.humidity > 95 && sky.windSpeed < 2.5) return 'Fog'
  if (sky.cloud > 0.85) return 'Overcast'
  if (sky.cloud > 0.5) return 'Cloudy'
  return sky.cloud > 0.2 ? 'Fair' : 'Clear'
}

function airSeries(seed: number, site: Site): SimSeries {
  const skyAt = weatherModel(seed, site)
  const airAt = airModel(seed, site)
  const intervalMs = AIR_MINUTES * MINUTE_MS
  return {
    event: airReadings as EventType,
    station: site.id,
    intervalMs,
    channel: channelOf(seed, site.id, 'arrivals'),
    read: (time, isFirstOfTwo) => {
      const sky = skyAt(time + intervalMs / 2)
      const air = airAt(time + intervalMs / 2, sky)
      const reading: AirReading = {
        timestamp: time,
        intervalMinutes: AIR_MINUTES,
        location: site.place,
        revisedAt: null,
        ingestedAt: 0,
        dataOrigin: ORIGIN,
        stationId: site.id,
        co: rounded(air.co, 3),
        no2: rounded(air.no2, 1),
        o3: rounded(air.o3, 1),
        pm10: rounded(air.pm10, 1),
        pm25: rounded(air.pm25 * (isFirstOfTwo ? 1.25 : 1), 1),
        temperature: rounded(sky.temperature, 1),
        humidity: rounded(sky.humidity, 0),
      }
      return reading
    },
  }
}

function energySeries(seed: number): readonly SimSeries[] {
  const skiesAt = [weatherModel(seed, PARIS), weatherModel(seed, LYON)]
  const model = energyModel(seed)
  const intervalMs = ENERGY_MINUTES * MINUTE_MS
  // The series of one interval come one after the other and share what the model says.
  let lastTime = Number.NaN
  let lastPower: Power | null = null
  const powerAt = (time: number): Power => {
    if (lastPower === null || time !== lastTime) {
      const middle = time + intervalMs / 2
      const skies = skiesAt.map((skyAt) => skyAt(middle))
      lastPower = model(middle, skies)
      lastTime = time
    }
    return lastPower
  }
  const series = (productionType: string | null, pick: (power: Power) => number): SimSeries => ({
    event: energyReadings as EventType,
    station: ENERGY_ZONE,
    intervalMs,
    channel: channelOf(seed, ENERGY_ZONE, productionType ?? 'consumption', 'arrivals'),
    read: (time, isFirstOfTwo) => {
      const reading: EnergyReading = {
        timestamp: time,
        intervalMinutes: ENERGY_MINUTES,
        location: ENERGY_PLACE,
        revisedAt: null,
        ingestedAt: 0,
        dataOrigin: ORIGIN,
        zoneId: ENERGY_ZONE,
        series: productionType === null ? 'consumption' : 'production',
        productionType,
        value: rounded(pick(powerAt(time)) * (isFirstOfTwo ? 0.985 : 1), 0),
      }
      return reading
    },
  })
  return [
    series(null, ({ consumption }) => consumption),
    series('SOLAR', ({ solar }) => solar),
    series('WIND', ({ wind }) => wind),
  ]
}

function rounded(value: number, decimals: number): number {
  const factor = 10 ** decimals
  // Adding 0 makes 0 of -0.
  return Math.round(value * factor) / factor + 0
}
