/** Where a station is, as far as somebody said so. */
export interface NamedPlace {
  readonly city: string | null
  readonly country: string | null
  readonly latitude: number | null
  readonly longitude: number | null
}

/**
 * The id of a place that has none of its own: `station_Paris_FR`, `station_New-York_US`, or `station_48.86_2.35` where it has no city. Null where
 * nothing is known of it. It never changes for the same place: it is the key of readings.
 */
export function stationId({ city, country, latitude, longitude }: NamedPlace): string | null {
  const name =
    city === null
      ? ''
      : city
          .normalize('NFC')
          .replace(/[^\p{L}\p{M}\p{N}]+/gu, '-')
          .replace(/^-|-$/g, '')
  if (name !== '') return ['station', name, ...(country === null ? [] : [country])].join('_')
  if (latitude === null || longitude === null) return null
  return `station_${degrees(latitude)}_${degrees(longitude)}`
}

/** Two places: about a kilometre. Zero has no sign. */
const degrees = (value: number): string => (Math.round(value * 100) / 100 + 0).toFixed(2)
