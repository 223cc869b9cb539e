import type { Place, WeatherReading } from '../../src/events/reading.ts'
import { weatherReadings } from '../../src/events/weather.ts'
import { hundredths, randomAt } from './random.ts'
import { WORKLOAD_START, type Workload } from './workload.ts'

const towns: readonly Place[] = [
  { city: 'Paris', country: 'FR', latitude: 48.8566, longitude: 2.3522, timeZone: 'Europe/Paris' },
  { city: 'London', country: 'GB', latitude: 51.5074, longitude: -0.1278, timeZone: 'Europe/London' },
  { city: 'New York', country: 'US', latitude: 40.7128, longitude: -74.006, timeZone: 'America/New_York' },
  { city: 'Kathmandu', country: 'NP', latitude: 27.7172, longitude: 85.324, timeZone: 'Asia/Kathmandu' },
  { city: 'Adelaide', country: 'AU', latitude: -34.9285, longitude: 138.6007, timeZone: 'Australia/Adelaide' },
]

/** Weather readings with every column there, from stations in several time zones. */
export function weatherWorkload(stations: number, intervalMinutes: number): Workload {
  const places = Array.from({ length: stations }, (_, station) => placeOf(station))
  const keyOf = (index: number): string => `station-${String(index % stations).padStart(5, '0')}`
  return {
    event: weatherReadings,
    keyOf,
    reading(index): WeatherReading {
      const timestamp = WORKLOAD_START + Math.floor(index / stations) * intervalMinutes * 60_000
      const rain = randomAt(index, 5)
      return {
        stationId: keyOf(index),
        timestamp,
        intervalMinutes,
        location: places[index % stations] as Place,
        revisedAt: null,
        ingestedAt: timestamp + (intervalMinutes + 5) * 60_000,
        dataOrigin: 'bench',
        temperature: hundredths(randomAt(index, 0) * 40 - 10),
        humidity: Math.round(randomAt(index, 1) * 100),
        pressure: hundredths(980 + randomAt(index, 2) * 60),
        windSpeed: hundredths(randomAt(index, 3) * 20),
        windDirection: Math.floor(randomAt(index, 4) * 360),
        precipitation: rain < 0.8 ? 0 : hundredths((rain - 0.8) * 50),
        weatherCondition: rain < 0.5 ? 'Clear' : rain < 0.8 ? 'Clouds' : 'Rain',
        isRain: rain >= 0.8,
        isStorm: rain >= 0.99,
        nextHourTemp: hundredths(randomAt(index, 6) * 40 - 10),
        nextHourPrecip: 0,
      }
    },
  }
}

/** Stations of one town stand some way from each other. */
function placeOf(station: number): Place {
  const town = towns[station % towns.length] as Place
  const shift = Math.floor(station / towns.length) * 0.001
  return { ...town, latitude: (town.latitude as number) + shift }
}
