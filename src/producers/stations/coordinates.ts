import { WindrowError } from '../../core/errors.ts'
import type { Station } from './station.ts'

/** Where the station stands. Throws WR_STATION_COORDINATES where nobody said so: `api` is asked by them. */
export function coordinatesOf(station: Station, api: string): { readonly latitude: number; readonly longitude: number } {
  const { latitude, longitude } = station.place
  if (latitude !== null && longitude !== null) return { latitude, longitude }
  throw new WindrowError('WR_STATION_COORDINATES', {
    message: `The station ${JSON.stringify(station.id)} has no coordinates, and ${api} is asked by them.`,
    remedy: 'Give the station a latitude and a longitude in degrees.',
    kind: 'usage',
    facts: { api, station: station.id },
  })
}
