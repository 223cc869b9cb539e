import type { Place } from '../../src/events/reading.ts'

/** Zones whose clocks change, and the instants at which they do. */
const CHANGES: Readonly<Record<string, readonly string[]>> = {
  UTC: [],
  'Asia/Kolkata': [],
  'Europe/Paris': ['2025-03-30T01:00Z', '2025-10-26T01:00Z'],
  // Half an hour only.
  'Australia/Lord_Howe': ['2025-04-05T15:00Z', '2025-10-04T15:30Z'],
  // At midnight: a day that begins at 01:00, and one whose last hour comes twice.
  'America/Santiago': ['2025-09-07T04:00Z', '2025-04-06T03:00Z'],
  'America/New_York': ['2025-03-09T07:00Z', '2025-11-02T06:00Z'],
  'Pacific/Auckland': ['2025-09-27T14:00Z', '2025-04-05T14:00Z'],
  // Midnight comes twice.
  'America/Havana': ['2025-11-02T05:00Z'],
  // 30 December 2011 did not take place.
  'Pacific/Apia': ['2011-12-30T10:00Z'],
}

export const ZONES: readonly string[] = Object.keys(CHANGES)

/** Ends of months and years, a leap day, and a day like any other. */
const CALENDAR = [
  '2025-01-01T00:00Z',
  '2025-02-01T00:00Z',
  '2024-03-01T00:00Z',
  '2025-07-01T00:00Z',
  '2025-06-15T12:00Z',
  '1969-12-31T23:00Z',
]

/** Instants around which a history of this zone is worth telling. */
export function momentsOf(zone: string): number[] {
  return [...(CHANGES[zone] ?? []), ...(CHANGES[zone] ?? []), ...CALENDAR].map((text) => Date.parse(text))
}

const CITIES: Readonly<Record<string, Omit<Place, 'timeZone'>>> = {
  'Europe/Paris': { city: 'Paris', country: 'FR', latitude: 48.8566, longitude: 2.3522 },
  'Asia/Kolkata': { city: 'कोलकाता', country: 'IN', latitude: 22.5726, longitude: 88.3639 },
  'America/New_York': { city: 'New York, "NY"', country: 'US', latitude: 40.7128, longitude: -74.006 },
  'Pacific/Auckland': { city: 'Tāmaki Makaurau', country: 'NZ', latitude: -36.8509, longitude: 174.7645 },
}

export function placeIn(zone: string): Place {
  return { city: null, country: null, latitude: null, longitude: null, ...CITIES[zone], timeZone: zone }
}
