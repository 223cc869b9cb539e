import { DAY_MS, HOUR_MS } from '../../core/calendar.ts'
import { channelOf, smoothNoise, uniform } from './noise.ts'
import type { Site } from './sites.ts'
import { seasonOf, solarHour, sunHeight } from './sun.ts'

/** The weather of a site at an instant. */
export interface Sky {
  /** Cel */
  readonly temperature: number
  /** Cel, without the course of the day: what heating follows. */
  readonly slowTemperature: number
  /** %, 10 to 100 */
  readonly humidity: number
  /** hPa, at sea level */
  readonly pressure: number
  /** m/s, at least 0 */
  readonly windSpeed: number
  /** Degrees, where the wind comes from, [0, 360) */
  readonly windDirection: number
  /** mm/h */
  readonly rainRate: number
  /** 0 (clear) to 1 (overcast) */
  readonly cloud: number
  /** Sine of the sun's height, 0 at night. */
  readonly sun: number
  readonly isStorm: boolean
}

/** A front takes this long for a degree of longitude: 40 km/h at 48 degrees north. */
const FRONT_MS_PER_DEGREE = 1.8 * HOUR_MS
/** The warmest and the coldest day come this long after the solstices, as a part of a year. */
const SEASON_LAG = 0.08

/** The weather of a site as a function of time. Fronts drive pressure, cloud, rain and wind; the sun drives the temperature. */
export function weatherModel(seed: number, site: Site): (instant: number) => Sky {
  const { latitude, longitude } = site.place
  const north = latitude >= 0 ? 1 : -1
  const own = (name: string): number => channelOf(seed, site.place.city ?? site.id, name)
  const channel = {
    front: channelOf(seed, site.region, 'front'),
    frontFine: channelOf(seed, site.region, 'front-fine'),
    airMass: channelOf(seed, site.region, 'air-mass'),
    pressure: channelOf(seed, site.region, 'pressure'),
    weather: own('weather'),
    cloud: own('cloud'),
    shower: own('shower'),
    wind: own('wind'),
    direction: own('direction'),
    humidity: own('humidity'),
    thunder: own('thunder'),
  }

  /** 0 between fronts, 1 in the middle of one. */
  const front = (instant: number): number => {
    const time = instant - longitude * FRONT_MS_PER_DEGREE
    const wave = 0.7 * smoothNoise(channel.front, time, 2.2 * DAY_MS) + 0.3 * smoothNoise(channel.frontFine, time, 0.7 * DAY_MS)
    return smoothStep((wave - 0.05) / 0.6)
  }

  /** Of a summer afternoon's thunderstorm, mm/h: on some days, in some hours. */
  const thunder = (instant: number, hour: number, summer: number): number => {
    const day = Math.floor((instant + longitude * (HOUR_MS / 15)) / DAY_MS)
    if (uniform(channel.thunder, day * 2) > 0.1 * summer) return 0
    const peak = 15 + 4 * uniform(channel.thunder, day * 2 + 1)
    return 14 * Math.max(0, 1 - Math.abs(hour - peak) / 0.9)
  }

  return (instant) => {
    const hour = solarHour(instant, longitude)
    const season = -north * Math.cos(2 * Math.PI * (seasonOf(instant) - SEASON_LAG))
    const summer = Math.max(0, season)
    const height = sunHeight(instant, latitude, longitude)
    const noonHeight = sunHeight(instant + (12 - hour) * HOUR_MS, latitude, longitude)
    const passing = front(instant)
    const rising = front(instant + 3 * HOUR_MS) - front(instant - 3 * HOUR_MS)
    const storm = thunder(instant, hour, summer)
    const cloud = clamp(0.18 + 0.8 * passing + 0.25 * smoothNoise(channel.cloud, instant, 5 * HOUR_MS) + storm / 10, 0, 1)
    const airMass =
      3.2 * smoothNoise(channel.airMass, instant, 4.5 * DAY_MS) + 0.8 * smoothNoise(channel.weather, instant, 9 * HOUR_MS)
    const dayShape = Math.cos((2 * Math.PI * (hour - 15)) / 24)
    const dayStrength = site.dailySwing * (0.3 + 0.7 * Math.max(0, noonHeight)) * (1 - 0.65 * cloud)
    const slowTemperature = site.meanTemperature + site.seasonalSwing * season + airMass - 1.5 * summer * passing
    const temperature = slowTemperature + dayStrength * dayShape - storm / 4
    const gusts = smoothNoise(channel.wind, instant, 3 * HOUR_MS)
    const windSpeed = Math.max(0, 2.2 + 8.5 * passing + (1.2 + 2.5 * passing) * gusts + 1.5 * Math.max(0, height) + storm / 3)
    const wet = clamp((passing - 0.4) / 0.6, 0, 1)
    const shower = Math.max(0, 0.35 + smoothNoise(channel.shower, instant, 1.4 * HOUR_MS))
    const rainRate = site.wetness * (3.2 * wet * shower + storm)
    return {
      temperature,
      slowTemperature,
      humidity: clamp(
        70 +
          22 * passing -
          13 * dayShape * (1 - 0.7 * cloud) -
          airMass +
          6 * smoothNoise(channel.humidity, instant, 7 * HOUR_MS) +
          3 * storm,
        10,
        100,
      ),
      pressure: 1018 + 9 * smoothNoise(channel.pressure, instant, 6 * DAY_MS) - 22 * passing - storm / 5,
      windSpeed,
      windDirection: direction(rising, passing, smoothNoise(channel.direction, instant, 22 * HOUR_MS), north),
      rainRate,
      cloud,
      sun: Math.max(0, height),
      isStorm: storm > 2 || (passing > 0.9 && windSpeed > 13.2),
    }
  }
}

/** Before a front the wind blows from the south-west, behind it from the north-west; mirrored in the southern hemisphere. */
function direction(rising: number, passing: number, wander: number, north: number): number {
  const degrees = 250 - 55 * Math.tanh(6 * rising) + 110 * (1 - passing) * wander
  const turned = north > 0 ? degrees : 180 - degrees
  return turned - 360 * Math.floor(turned / 360)
}

export function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value))
}

function smoothStep(value: number): number {
  const part = clamp(value, 0, 1)
  return part * part * (3 - 2 * part)
}
