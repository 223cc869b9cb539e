import type { StationInfo } from '../../src/api/ports.ts'
import { DAY_MS, dayText, HOUR_MS, monthText } from '../../src/core/calendar.ts'
import { timeZone } from '../../src/core/time-zone.ts'
import type { Cell } from '../../src/views/view.ts'

export type Row = Readonly<Record<string, Cell>>

/** A number in [0, 1) that depends on the arguments alone. */
function noise(...parts: readonly number[]): number {
  let hash = 0x9e3779b9
  for (const part of parts) {
    hash = Math.imul(hash ^ (part | 0), 0x85ebca6b)
    hash ^= hash >>> 13
    hash = Math.imul(hash ^ ((part / 4294967296) | 0), 0xc2b2ae35)
    hash ^= hash >>> 16
  }
  return (hash >>> 0) / 4294967296
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits))
const wave = (value: number): number => Math.sin(2 * Math.PI * value)

export interface Place {
  readonly kind: 'weather' | 'energy' | 'air'
  readonly id: string
  readonly city: string
  readonly country: string
  readonly latitude: number
  readonly longitude: number
  readonly zone: string
  readonly intervalMinutes: number
  readonly seed: number
}

export const places: readonly Place[] = [
  {
    kind: 'weather',
    id: 'paris',
    city: 'Paris',
    country: 'FR',
    latitude: 48.8566,
    longitude: 2.3522,
    zone: 'Europe/Paris',
    intervalMinutes: 60,
    seed: 1,
  },
  {
    kind: 'weather',
    id: 'madrid',
    city: 'Madrid',
    country: 'ES',
    latitude: 40.4168,
    longitude: -3.7038,
    zone: 'Europe/Madrid',
    intervalMinutes: 60,
    seed: 2,
  },
  {
    kind: 'energy',
    id: 'FR',
    city: 'Paris',
    country: 'FR',
    latitude: 46.6,
    longitude: 2.5,
    zone: 'Europe/Paris',
    intervalMinutes: 15,
    seed: 3,
  },
  {
    kind: 'air',
    id: '283164601',
    city: 'Paris',
    country: 'FR',
    latitude: 48.9,
    longitude: 2.2,
    zone: 'Europe/Paris',
    intervalMinutes: 60,
    seed: 4,
  },
  {
    kind: 'air',
    id: '283181971',
    city: 'Firenze',
    country: 'IT',
    latitude: 43.77,
    longitude: 11.25,
    zone: 'Europe/Rome',
    intervalMinutes: 60,
    seed: 5,
  },
]

export const placesOf = (kind: Place['kind']): readonly Place[] => places.filter((place) => place.kind === kind)

export function stationInfo(place: Place, from: number, to: number): StationInfo {
  const step = place.intervalMinutes * 60_000
  return {
    kind: place.kind,
    stationId: place.id,
    city: place.city,
    country: place.country,
    latitude: place.latitude,
    longitude: place.longitude,
    timeZone: place.zone,
    intervalMinutes: place.intervalMinutes,
    firstReadingAt: from,
    lastReadingAt: Math.floor(to / step) * step - step,
  }
}

/** One reading of everything a weather station measures; null in an outage of some hours. */
export function weatherAt(place: Place, at: number): { readonly [quantity: string]: number } | null {
  const day = Math.floor(at / DAY_MS)
  if (noise(place.seed, day, 99) < 0.03 && at % DAY_MS > 9 * HOUR_MS && at % DAY_MS < 15 * HOUR_MS) return null
  const spell = wave(at / (5.3 * DAY_MS) + place.seed)
  const temperature =
    11 + 8 * wave(day / 365 - 0.3) + 4 * spell + 4.5 * wave(at / DAY_MS - 0.38) + noise(place.seed, at / HOUR_MS) * 1.2
  const wet = wave(at / (3.1 * DAY_MS) + place.seed * 0.37) > 0.55
  return {
    temperature: round(temperature, 1),
    humidity: round(Math.min(100, 68 - 2 * (temperature - 11) + (wet ? 16 : 0)), 0),
    pressure: round(1014 + 11 * wave(at / (6.7 * DAY_MS) + 0.2) + noise(place.seed, at / HOUR_MS, 3), 1),
    windSpeed: round(Math.max(0.2, 3.4 + 2.2 * spell + 2 * noise(place.seed, at / HOUR_MS, 5)), 1),
    windDirection: round(230 + 70 * spell, 0),
    precipitation: wet ? round(Math.max(0, 3.2 * noise(place.seed, at / HOUR_MS, 7) - 1), 1) : 0,
  }
}

export function energyAt(place: Place, at: number): { readonly consumption: number; readonly solar: number } {
  const zone = timeZone(place.zone)
  const hours = ((at + zone.offsetAt(at)) % DAY_MS) / HOUR_MS
  const weekday = (Math.floor((at + zone.offsetAt(at)) / DAY_MS) + 4) % 7
  const workday = weekday === 0 || weekday === 6 ? 0.9 : 1
  const morning = Math.exp(-(((hours - 9.5) / 3.2) ** 2))
  const evening = Math.exp(-(((hours - 19.2) / 2.1) ** 2))
  const season = 1 + 0.14 * Math.cos((2 * Math.PI * at) / (365 * DAY_MS))
  const consumption = (44_000 + 9_500 * morning + 11_000 * evening + 700 * noise(place.seed, at / 900_000)) * workday * season
  const clouds = 0.45 + 0.55 * noise(place.seed, Math.floor(at / DAY_MS))
  const sun = Math.max(0, Math.sin((Math.PI * (hours - 7)) / 12.2))
  return { consumption: round(consumption, 0), solar: round(14_500 * sun ** 1.4 * clouds, 0) }
}

export function airAt(place: Place, at: number): { readonly [quantity: string]: number } | null {
  const day = Math.floor(at / DAY_MS)
  const outage = noise(place.seed, day, 41) < 0.12 && at % DAY_MS > 6 * HOUR_MS && at % DAY_MS < 21 * HOUR_MS
  if (outage) return null
  const stagnant = 1 + 0.75 * wave(at / (8.3 * DAY_MS) + place.seed * 0.21)
  const traffic = 1 + 0.35 * wave(at / (DAY_MS / 2) - 0.2)
  const shake = (salt: number): number => 0.85 + 0.3 * noise(place.seed, at / HOUR_MS, salt)
  return {
    co: round(0.42 * stagnant * traffic * shake(1), 3),
    no2: round(24 * stagnant * traffic * shake(2), 1),
    o3: round(62 * (1.5 - 0.5 * traffic) * shake(3), 1),
    pm10: round(19 * stagnant * shake(4), 1),
    pm25: round(11.5 * stagnant * shake(5), 1),
  }
}

export interface Window {
  readonly label: string
  readonly start: number
  readonly end: number
}

export type Calendar = 'hours' | 'days' | 'months'

/** The windows of a place's calendar that begin before `to` and end after `from`. */
export function windowsOf(zoneName: string, calendar: Calendar, from: number, to: number): Window[] {
  const zone = timeZone(zoneName)
  const windows: Window[] = []
  if (calendar === 'hours') {
    for (let start = Math.floor(from / HOUR_MS) * HOUR_MS; start < to; start += HOUR_MS)
      windows.push({ label: String(start), start, end: start + HOUR_MS })
  } else if (calendar === 'days') {
    for (let day = zone.dayOf(from); zone.dayStart(day) < to; day++) windows.push({ label: dayText(day), ...zone.daySpan(day) })
  } else {
    for (let month = zone.monthOf(from); zone.monthSpan(month).start < to; month++)
      windows.push({ label: monthText(month), ...zone.monthSpan(month) })
  }
  return windows
}
