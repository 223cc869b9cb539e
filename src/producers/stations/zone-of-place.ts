import tzLookup from '@photostructure/tz-lookup'

/** The IANA time zone that coordinates lie in (right to some hundred metres of a border), UTC where there are none. */
export function zoneOfPlace(latitude: number | null, longitude: number | null): string {
  return latitude === null || longitude === null ? 'UTC' : tzLookup(latitude, longitude)
}
