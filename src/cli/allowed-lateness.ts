import type { Config } from '../config/load-config.ts'
import { airReadings } from '../events/air.ts'
import { energyReadings } from '../events/energy.ts'
import { weatherReadings } from '../events/weather.ts'

/** The configured limits in minutes, by event; an event without one takes readings of any age. */
export function latenessMinutes(config: Config): ReadonlyMap<string, number> {
  const limits: ReadonlyArray<readonly [string, number | null]> = [
    [weatherReadings.name, config.weatherLatenessMinutes],
    [energyReadings.name, config.energyLatenessMinutes],
    [airReadings.name, config.airLatenessMinutes],
  ]
  return new Map(limits.filter((limit): limit is readonly [string, number] => limit[1] !== null))
}
