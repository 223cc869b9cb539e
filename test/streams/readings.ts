import type { AirReading, EnergyReading, WeatherReading } from '../../src/events/reading.ts'

const common = {
  intervalMinutes: 60,
  revisedAt: null,
  ingestedAt: Date.parse('2030-01-01T00:00:00Z'),
  dataOrigin: 'test',
}

export function place(timeZone: string, city: string | null = null) {
  return { city, country: null, latitude: null, longitude: null, timeZone }
}

/** An air reading of station `a` in UTC with no measurements but those given. */
export function air(timestamp: number | string, values: Partial<AirReading> = {}): AirReading {
  const nothing = { co: null, no2: null, o3: null, pm10: null, pm25: null, temperature: null, humidity: null }
  return { ...common, ...nothing, stationId: 'a', location: place('UTC'), ...values, timestamp: instant(timestamp) }
}

export function weather(timestamp: number | string, values: Partial<WeatherReading> = {}): WeatherReading {
  const nothing = {
    temperature: null,
    humidity: null,
    pressure: null,
    windSpeed: null,
    windDirection: null,
    precipitation: null,
    weatherCondition: null,
    isRain: null,
    isStorm: null,
    nextHourTemp: null,
    nextHourPrecip: null,
  }
  return { ...common, ...nothing, stationId: 'w', location: place('UTC'), ...values, timestamp: instant(timestamp) }
}

/** A reading of zone FR; `type` null is consumption. */
export function energy(
  timestamp: number | string,
  type: string | null,
  value: number | null,
  values: Partial<EnergyReading> = {},
): EnergyReading {
  return {
    ...common,
    intervalMinutes: 15,
    zoneId: 'FR',
    series: type === null ? 'consumption' : 'production',
    productionType: type,
    value,
    location: place('Europe/Paris'),
    ...values,
    timestamp: instant(timestamp),
  }
}

function instant(timestamp: number | string): number {
  return typeof timestamp === 'number' ? timestamp : Date.parse(timestamp)
}
