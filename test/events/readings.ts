import fc from 'fast-check'
import type { AirReading, EnergyReading, Place, WeatherReading } from '../../src/events/reading.ts'

export const paris: Place = { city: 'Paris', country: 'FR', latitude: 48.8566, longitude: 2.3522, timeZone: 'Europe/Paris' }

export const airReading: AirReading = {
  stationId: 'smart188',
  timestamp: Date.UTC(2025, 0, 1),
  intervalMinutes: 60,
  location: paris,
  revisedAt: null,
  ingestedAt: Date.UTC(2025, 0, 1, 1, 5),
  dataOrigin: 'airqino',
  co: 0.31,
  no2: 12.5,
  o3: null,
  pm10: 20,
  pm25: 0,
  temperature: 4.25,
  humidity: 81,
}

export const weatherReading: WeatherReading = {
  stationId: 'paris',
  timestamp: Date.UTC(2025, 0, 1),
  intervalMinutes: 60,
  location: paris,
  revisedAt: null,
  ingestedAt: Date.UTC(2025, 0, 1, 1, 5),
  dataOrigin: 'meteostat',
  temperature: -1.5,
  humidity: 95,
  pressure: 1027.3,
  windSpeed: 6.7,
  windDirection: 220,
  precipitation: 0,
  weatherCondition: 'Rain',
  isRain: true,
  isStorm: false,
  nextHourTemp: null,
  nextHourPrecip: 0.2,
}

export const energyReading: EnergyReading = {
  zoneId: 'FR',
  series: 'production',
  productionType: 'SOLAR',
  timestamp: Date.UTC(2025, 0, 1),
  intervalMinutes: 15,
  location: { city: null, country: 'FR', latitude: null, longitude: null, timeZone: 'Europe/Paris' },
  revisedAt: Date.UTC(2025, 0, 2),
  ingestedAt: Date.UTC(2025, 0, 2, 1),
  dataOrigin: 'eco2mix',
  value: -12,
}

/** Well-formed and without U+0000, up to a few characters of any plane. */
export const text = fc.string({ unit: 'binary', minLength: 0, maxLength: 12 }).map((raw) => raw.replaceAll('\0', '0'))
export const key = fc.oneof(
  fc.constantFrom('paris', 'madrid', 'sim-0001', 'Zürich', '東京', '🌦'),
  text.filter((raw) => raw !== ''),
)
export const finite = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0)
const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value, { nil: null })
export const measurement = optional(finite)

export const time = fc.oneof(
  fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2030, 0, 1) }),
  fc.integer({ min: -2_208_988_800_000, max: 253_402_300_799_999 }),
)
export const place: fc.Arbitrary<Place> = fc.record({
  city: optional(text),
  country: optional(fc.constantFrom('FR', 'ES', 'CI')),
  latitude: optional(fc.double({ noNaN: true, min: -90, max: 90 }).map((value) => value + 0)),
  longitude: optional(fc.double({ noNaN: true, min: -180, max: 180 }).map((value) => value + 0)),
  timeZone: fc.constantFrom('Europe/Paris', 'UTC', 'Australia/Lord_Howe', 'America/Sao_Paulo'),
})

const common = fc
  .record({
    timestamp: time,
    intervalMinutes: fc.integer({ min: 1, max: 1440 }),
    location: place,
    revisedAt: optional(time),
    ingestedAt: time,
    dataOrigin: text,
  })
  .map((fields) => ({ ...fields, timestamp: Math.min(fields.timestamp, fields.ingestedAt + 86_400_000) }))

export const anyAirReading: fc.Arbitrary<AirReading> = fc
  .tuple(
    common,
    fc.record({
      stationId: key,
      co: measurement,
      no2: measurement,
      o3: measurement,
      pm10: measurement,
      pm25: measurement,
      temperature: measurement,
      humidity: measurement,
    }),
  )
  .map(([shared, own]) => ({ ...shared, ...own }))

export const anyWeatherReading: fc.Arbitrary<WeatherReading> = fc
  .tuple(
    common,
    fc.record({
      stationId: key,
      temperature: measurement,
      humidity: measurement,
      pressure: measurement,
      windSpeed: measurement,
      windDirection: measurement,
      precipitation: measurement,
      weatherCondition: optional(text),
      isRain: optional(fc.boolean()),
      isStorm: optional(fc.boolean()),
      nextHourTemp: measurement,
      nextHourPrecip: measurement,
    }),
  )
  .map(([shared, own]) => ({ ...shared, ...own }))

export const anyEnergyReading: fc.Arbitrary<EnergyReading> = fc
  .tuple(
    common,
    fc.record({
      zoneId: key,
      series: fc.constantFrom('consumption' as const, 'production' as const),
      productionType: optional(fc.constantFrom('SOLAR', 'WIND', 'HYDRO')),
      value: measurement,
    }),
  )
  .map(([shared, own]) => ({ ...shared, ...own }))
