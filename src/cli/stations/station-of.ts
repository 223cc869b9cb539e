import type { FileStation } from '../../config/stations-file-schema.ts'
import { camelCase } from '../../core/naming.ts'
import type { Station } from '../../producers/stations/station.ts'
import { stationId } from '../../producers/stations/station-id.ts'
import { zoneOfPlace } from '../../producers/stations/zone-of-place.ts'

/** A station as it is, and whether somebody gave it its id. */
export interface NamedStation {
  readonly station: Station
  readonly isIdGiven: boolean
}

/** The station that an entry of the file means. What the entry leaves open is that of the source's own station of that id. */
export function stationOf(entry: FileStation, own: readonly Station[]): NamedStation {
  const upstreamId = entry.upstream_id === undefined ? null : String(entry.upstream_id)
  const [only] = own.length === 1 && entry.source.startsWith('rte-') ? own : []
  const place = {
    city: entry.city ?? null,
    country: entry.country ?? null,
    latitude: entry.latitude ?? null,
    longitude: entry.longitude ?? null,
  }
  // AirQino's numbers are ids of their own, and so is the zone of a grid.
  const numbered = entry.source === 'airqino' ? upstreamId : null
  const id = entry.id ?? only?.id ?? numbered ?? stationId(place) ?? entry.source
  const like = only ?? own.find((one) => one.id === id || (upstreamId !== null && one.upstreamId === upstreamId))
  const options = Object.entries(entry.options ?? {}).map(([name, value]) => [camelCase(name), value])
  return {
    isIdGiven: entry.id !== undefined || only !== undefined || numbered !== null,
    station: {
      ...like,
      id,
      upstreamId: upstreamId ?? like?.upstreamId ?? (entry.source === 'airqino' ? id : null),
      place: {
        city: place.city ?? like?.place.city ?? null,
        country: place.country ?? like?.place.country ?? null,
        latitude: place.latitude ?? like?.place.latitude ?? null,
        longitude: place.longitude ?? like?.place.longitude ?? null,
        timeZone: entry.time_zone ?? like?.place.timeZone ?? zoneOfPlace(place.latitude, place.longitude),
      },
      ...(options.length === 0 ? {} : { options: Object.fromEntries(options) as Readonly<Record<string, string>> }),
    },
  }
}
