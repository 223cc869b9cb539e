import { DAY_MS, HOUR_MS } from '../../core/calendar.ts'
import { timeZone } from '../../core/time-zone.ts'
import { channelOf, smoothNoise } from './noise.ts'
import type { Site } from './sites.ts'
import { clamp, type Sky } from './weather-model.ts'

/** The air of a site at an instant, in the units of a reading: co in mg/m3, all else in ug/m3. */
export interface Air {
  readonly co: number
  readonly no2: number
  readonly o3: number
  readonly pm10: number
  readonly pm25: number
}

/** What traffic and heating emit, wind and sun dilute, and rain washes out; ozone follows the sun and falls where NO2 is high. */
export function airModel(seed: number, site: Site): (instant: number, sky: Sky) => Air {
  const episodes = channelOf(seed, site.id, 'episodes')
  const traffic = channelOf(seed, site.id, 'traffic')
  const { timeZone: zone } = site.place
  return (instant, sky) => {
    const { hour, isWeekend } = localClock(instant, zone)
    const rush = bump(hour, 8.2, 1.4) + 0.9 * bump(hour, 18.4, 1.9)
    const cars =
      (0.18 + 0.25 * bump(hour, 13, 5) + rush * (isWeekend ? 0.45 : 1)) * (1 + 0.15 * smoothNoise(traffic, instant, 2 * HOUR_MS))
    const heating = clamp((15 - sky.slowTemperature) / 18, 0, 1)
    const stagnation = 1 / (0.45 + 0.28 * sky.windSpeed + 0.9 * sky.sun)
    const episode = Math.exp(0.5 * smoothNoise(episodes, instant, 1.8 * DAY_MS))
    const washed = 1 / (1 + 0.5 * sky.rainRate)
    const no2 = 5 + 42 * cars * stagnation * (1 + 0.4 * heating)
    const pm25 = (3 + (14 * heating + 9 * cars) * stagnation) * episode * washed
    return {
      co: 0.12 + (0.55 * cars + 0.3 * heating) * stagnation,
      no2,
      o3: Math.max(1, 42 + 70 * sky.sun * (1 - 0.4 * sky.cloud) * clamp(sky.temperature / 22, 0.2, 1.3) - 0.45 * no2),
      pm10: 4 + 1.35 * pm25 + 0.5 * sky.windSpeed * (sky.rainRate > 0 ? 0.2 : 1),
      pm25,
    }
  }
}

/** Hours since local midnight, and whether it is Saturday or Sunday there. */
export function localClock(instant: number, zone: string): { readonly hour: number; readonly isWeekend: boolean } {
  const local = instant + timeZone(zone).offsetAt(instant)
  const day = Math.floor(local / DAY_MS)
  // 1970-01-01 was a Thursday.
  const weekday = (((day + 3) % 7) + 7) % 7
  return { hour: (local - day * DAY_MS) / HOUR_MS, isWeekend: weekday >= 5 }
}

/** A bell around an hour of the day. */
export function bump(hour: number, centre: number, width: number): number {
  const distance = Math.min(Math.abs(hour - centre), 24 - Math.abs(hour - centre)) / width
  return Math.exp(-distance * distance)
}
