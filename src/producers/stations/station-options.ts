import { WindrowError } from '../../core/errors.ts'
import type { StationOption, UpstreamKind } from '../upstream-kind.ts'
import type { Station } from './station.ts'

/** Every option of the kind, as the station says it or else its default. Throws WR_STATION_OPTION for what the kind does not have. */
export function stationOptions<Name extends string>(
  kind: Pick<UpstreamKind, 'name'> & { readonly stationOptions: Readonly<Record<Name, StationOption>> },
  station: Pick<Station, 'id' | 'options'>,
): Readonly<Record<Name, string>> {
  const known: Readonly<Record<string, StationOption>> = kind.stationOptions
  const given = station.options ?? {}
  for (const [name, value] of Object.entries(given)) {
    const option = Object.hasOwn(known, name) ? known[name] : undefined
    if (option === undefined) {
      throw refused(kind, station, name, 'is unknown', `Its options are: ${Object.keys(known).join(', ')}.`)
    }
    const { values, pattern } = option
    if (values !== undefined && !values.includes(value)) {
      throw refused(kind, station, name, `cannot be ${shown(value)}`, `It is one of: ${values.join(', ')}.`)
    }
    if (pattern !== undefined && !new RegExp(`^(?:${pattern})$`).test(value)) {
      throw refused(kind, station, name, `cannot be ${shown(value)}`, option.description)
    }
  }
  const all = Object.entries(known).map(([name, option]) => [name, given[name] ?? option.default])
  return Object.fromEntries(all) as Record<Name, string>
}

function refused(
  kind: Pick<UpstreamKind, 'name'>,
  station: Pick<Station, 'id'>,
  option: string,
  problem: string,
  remedy: string,
): WindrowError {
  return new WindrowError('WR_STATION_OPTION', {
    message: `The option ${JSON.stringify(option)} of the ${kind.name} station ${JSON.stringify(station.id)} ${problem}.`,
    remedy,
    kind: 'usage',
    facts: { source: kind.name, station: station.id, option },
  })
}

function shown(value: string): string {
  return JSON.stringify(value.slice(0, 60))
}
