import type { Config } from '../../config/load-config.ts'
import { type Mistake, mistakesError } from '../../config/mistake.ts'
import type { FileStation } from '../../config/stations-file-schema.ts'
import { camelCase, snakeCase } from '../../core/naming.ts'
import type { Station } from '../../producers/stations/station.ts'
import { optionMistakes } from '../../producers/stations/station-options.ts'
import type { UpstreamKind } from '../../producers/upstream-kind.ts'
import { twinsOf } from './unique-ids.ts'

interface Entry {
  readonly kind: UpstreamKind
  readonly entry: FileStation
  readonly station: Station
  /** Its place in the list of stations. */
  readonly index: number
}

/**
 * Refuses what only the kinds of upstreams know to be wrong with stations, all of it at once. Throws WR_STATION_OPTION where all of it is options,
 * WR_STATION_TWICE where all of it is stations whose readings would be taken for each other's, and else WR_CONFIG_INVALID.
 */
export function refuseMistakes(entries: readonly Entry[], { stationsFilePlace }: Pick<Config, 'stationsFilePlace'>): void {
  const inOrder = [...entries].sort((a, b) => a.index - b.index)
  const placeOf = (path: ReadonlyArray<string | number>, { station }: Entry): string =>
    stationsFilePlace?.(path) ?? `The station ${station.id}`
  const options = inOrder.flatMap((one) => optionsOf(one, placeOf))
  const twins = twinsOf(inOrder).map(({ first, second }): Mistake => {
    const { id } = second.station
    const path = ['stations', second.index, ...(second.entry.id === undefined ? [] : ['id'])]
    return {
      setting: placeOf(path, second),
      problem: `makes the station ${id} of ${second.kind.name} the same as ${id} of ${first.kind.name} (stations[${first.index}]): their readings would be taken for revisions of each other`,
      remedy: `Give each an id of its own, for instance ${id} and ${id}_${second.kind.name}, or remove one of them.`,
    }
  })
  if (options.length + twins.length === 0) return
  const code = twins.length === 0 ? 'WR_STATION_OPTION' : options.length === 0 ? 'WR_STATION_TWICE' : 'WR_CONFIG_INVALID'
  throw mistakesError([...options, ...twins], code)
}

function optionsOf(one: Entry, placeOf: (path: ReadonlyArray<string | number>, entry: Entry) => string): Mistake[] {
  const written = Object.keys(one.entry.options ?? {})
  return optionMistakes(one.kind, one.station, snakeCase).map(({ option, problem, remedy }) => {
    const name = written.find((each) => camelCase(each) === option) ?? option
    const setting = placeOf(['stations', one.index, 'options', name], one)
    return { setting, problem: `${problem} (an option of ${one.kind.name})`, remedy }
  })
}
