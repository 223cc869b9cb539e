import type { Config } from '../../config/load-config.ts'
import { settings } from '../../config/settings.ts'
import { sourceNames } from '../../config/source-settings.ts'
import type { FileStation } from '../../config/stations-file-schema.ts'
import type { Station } from '../../producers/stations/station.ts'
import { hasKey } from './source-access.ts'

/**
 * The stations of an environment without a file that lists them, as if in one: of every source that has a key, and of those in `named`, the place
 * at LAT and LON; of one that has stations of its own those.
 */
export function stationsOfPlace(
  config: Config,
  named: readonly string[],
  ownOf: (source: string) => readonly Station[],
): FileStation[] {
  const place = placeOf(config)
  return sourceNames
    .filter((source) => hasKey(source, config) || named.includes(source))
    .flatMap((source): FileStation[] => {
      const own = ownOf(source)
      return own.length > 0 ? own.map(({ id }) => ({ source, id })) : [{ source, ...place }]
    })
}

function placeOf({ latitude, longitude, city, country, timeZone }: Config): Omit<FileStation, 'source'> {
  const isDefault = latitude === settings.latitude.fallback && longitude === settings.longitude.fallback
  const named = city ?? (isDefault ? 'Paris' : null)
  const land = country ?? (isDefault && named === 'Paris' ? 'FR' : null)
  return {
    latitude,
    longitude,
    ...(named === null ? {} : { city: named }),
    ...(land === null ? {} : { country: land }),
    ...(timeZone === null ? {} : { time_zone: timeZone }),
  }
}
