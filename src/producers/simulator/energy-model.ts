import { DAY_MS, HOUR_MS } from '../../core/calendar.ts'
import { bump, localClock } from './air-model.ts'
import { channelOf, smoothNoise, uniform } from './noise.ts'
import { ENERGY_PLACE } from './sites.ts'
import { clamp, type Sky } from './weather-model.ts'

/** MW, as means over 15 minutes. */
export interface Power {
  readonly consumption: number
  readonly solar: number
  readonly wind: number
}

const SOLAR_CAPACITY_MW = 21_000
const WIND_CAPACITY_MW = 23_000
const QUARTER_MS = HOUR_MS / 4

/** The demand and the renewable production of a zone about the size of France, from the weather of its sites. */
export function energyModel(seed: number): (instant: number, skies: readonly Sky[]) => Power {
  const demand = channelOf(seed, 'energy', 'demand')
  const fleet = channelOf(seed, 'energy', 'fleet')
  const night = channelOf(seed, 'energy', 'night')
  return (instant, skies) => {
    const mean = (value: (sky: Sky) => number): number => skies.reduce((sum, sky) => sum + value(sky), 0) / skies.length
    const slow = mean((sky) => sky.slowTemperature)
    const { hour, isWeekend } = localClock(instant, ENERGY_PLACE.timeZone)
    const course = 0.08 * bump(hour, 10.5, 3.2) + 0.1 * bump(hour, 19.2, 2) - 0.15 * bump(hour, 4, 3.2)
    const thermal = 2300 * Math.max(0, 15 - slow) + 700 * Math.max(0, mean((sky) => sky.temperature) - 24)
    const noise = 0.012 * smoothNoise(demand, instant, 3 * HOUR_MS) + 0.004 * smoothNoise(demand, instant, QUARTER_MS)
    const consumption = (46_500 * (isWeekend ? 0.9 : 1) + thermal) * (1 + course + noise)
    const light = mean((sky) => sky.sun ** 1.15 * (1 - 0.75 * sky.cloud))
    const strength = mean((sky) => sky.windSpeed) + 1.2 * smoothNoise(fleet, instant, 8 * HOUR_MS)
    const running = 0.92 + 0.06 * smoothNoise(fleet, instant, 20 * DAY_MS)
    return {
      consumption,
      solar: light > 0 ? SOLAR_CAPACITY_MW * light * 0.93 : drawAtNight(night, instant),
      wind: WIND_CAPACITY_MW * running * clamp(1 / (1 + Math.exp((6.2 - strength) / 1.7)) - 0.012, 0.005, 0.95),
    }
  }
}

/** At night the plants' own consumption sometimes shows, as in the real figures. */
function drawAtNight(channel: number, instant: number): number {
  const chance = uniform(channel, Math.floor(instant / QUARTER_MS))
  return chance < 0.04 ? -1 - Math.floor(chance * 75) : 0
}
