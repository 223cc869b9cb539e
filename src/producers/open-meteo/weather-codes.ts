import type { WeatherReading } from '../../events/reading.ts'
import { BadReading } from '../bad-reading.ts'

/** Those of the WMO's codes (table 4677, present weather) that Open-Meteo gives, in its words. */
const CONDITIONS: ReadonlyMap<number, string> = new Map([
  [0, 'Clear sky'],
  [1, 'Mainly clear'],
  [2, 'Partly cloudy'],
  [3, 'Overcast'],
  [45, 'Fog'],
  [48, 'Depositing rime fog'],
  [51, 'Light drizzle'],
  [53, 'Moderate drizzle'],
  [55, 'Dense drizzle'],
  [56, 'Light freezing drizzle'],
  [57, 'Dense freezing drizzle'],
  [61, 'Slight rain'],
  [63, 'Moderate rain'],
  [65, 'Heavy rain'],
  [66, 'Light freezing rain'],
  [67, 'Heavy freezing rain'],
  [71, 'Slight snowfall'],
  [73, 'Moderate snowfall'],
  [75, 'Heavy snowfall'],
  [77, 'Snow grains'],
  [80, 'Slight rain showers'],
  [81, 'Moderate rain showers'],
  [82, 'Violent rain showers'],
  [85, 'Slight snow showers'],
  [86, 'Heavy snow showers'],
  [95, 'Thunderstorm'],
  [96, 'Thunderstorm with slight hail'],
  [99, 'Thunderstorm with heavy hail'],
])

const FIRST_STORM = 95

/**
 * What a code of the WMO means. Drizzle, rain and showers of rain (50 to 67, 80 to 82) are rain; a thunderstorm's code does not tell whether
 * it rains, so the hour's precipitation (mm) does. Throws BadReading for what is no code.
 */
export function weatherOfCode(
  code: number | null,
  precipitation: number | null,
): Pick<WeatherReading, 'weatherCondition' | 'isRain' | 'isStorm'> {
  if (code === null) return { weatherCondition: null, isRain: null, isStorm: null }
  if (!(Number.isInteger(code) && code >= 0 && code <= 99)) {
    throw new BadReading('WR_READING_FIELD', `weather_code: ${code} is no weather code (0 to 99)`)
  }
  const isStorm = code >= FIRST_STORM
  const rains = (code >= 50 && code <= 67) || (code >= 80 && code <= 82)
  const rainsInStorm = precipitation === null ? null : precipitation > 0
  return {
    weatherCondition: CONDITIONS.get(code) ?? `WMO code ${code}`,
    isRain: isStorm ? rainsInStorm : rains,
    isStorm,
  }
}
