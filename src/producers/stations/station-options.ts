import { WindrowError } from '../../core/errors.ts'
import { shownText } from '../../core/shown-text.ts'
import type { StationOption, UpstreamKind } from '../upstream-kind.ts'
import type { Station } from './station.ts'

/** What is wrong with one option of a station. */
export interface OptionMistake {
  readonly option: string
  readonly problem: string
  readonly remedy: string
}

/** Every option of the kind, as the station says it or else its default. Throws WR_STATION_OPTION for what the kind does not have. */
export function stationOptions<Name extends string>(
  kind: Pick<UpstreamKind, 'name'> & { readonly stationOptions: Readonly<Record<Name, StationOption>> },
  station: Pick<Station, 'id' | 'options'>,
): Readonly<Record<Name, string>> {
  const [first] = optionMistakes(kind, station)
  if (first !== undefined) throw refused(kind, station, first.option, first.problem, first.remedy)
  const all = Object.entries<StationOption>(kind.stationOptions).map(([name, option]) => [
    name,
    station.options?.[name] ?? option.default,
  ])
  return Object.fromEntries(all) as Record<Name, string>
}

/** All that is wrong with the options of a station. `nameOf`: how whoever reads it writes the name of an option. */
export function optionMistakes(
  { stationOptions: known = {} }: Pick<UpstreamKind, 'stationOptions'>,
  station: Pick<Station, 'options'>,
  nameOf: (option: string) => string = (option) => option,
): OptionMistake[] {
  return Object.entries(station.options ?? {}).flatMap(([name, value]) => {
    const option = Object.hasOwn(known, name) ? known[name] : undefined
    if (option === undefined) {
      const names = Object.keys(known).map(nameOf)
      const remedy = names.length === 0 ? 'Leave it out: it has no options.' : `Its options are: ${names.join(', ')}.`
      return [{ option: name, problem: 'is unknown', remedy }]
    }
    const { values, pattern, description } = option
    const problem = `cannot be ${shown(value)}`
    if (values !== undefined && !values.includes(value)) {
      return [{ option: name, problem, remedy: `It is one of: ${values.join(', ')}.` }]
    }
    if (pattern === undefined || new RegExp(`^(?:${pattern})$`).test(value)) return []
    return [{ option: name, problem, remedy: description }]
  })
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
  return shownText(JSON.stringify(value.slice(0, 60)))
}
