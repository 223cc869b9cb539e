import { WindrowError } from '../../core/errors.ts'
import type { Station } from '../../producers/stations/station.ts'
import type { UpstreamKind } from '../../producers/upstream-kind.ts'

interface Placed {
  readonly kind: UpstreamKind
  readonly station: Station
  readonly isIdGiven: boolean
}

/**
 * Whose readings those of the station are, as far as the log can tell: an event with a sub-key keeps the series of several sources apart, since each
 * says others.
 */
function identitiesOf({ kind, station }: Pick<Placed, 'kind' | 'station'>): string[] {
  return kind.events.map(({ name, subKeyFields }) =>
    JSON.stringify([name, subKeyFields.length === 0 ? '' : kind.name, station.id]),
  )
}

/** Gives every source at a place but the first, whose ids were made from the place, ids that end with its name. */
export function uniqueIds<T extends Placed>(placed: readonly T[]): T[] {
  const takenBy = new Map<string, string>()
  const take = (one: Placed): void => {
    for (const identity of identitiesOf(one)) if (!takenBy.has(identity)) takenBy.set(identity, one.kind.name)
  }
  placed.filter(({ isIdGiven }) => isIdGiven).forEach(take)
  return placed.map((one) => {
    if (one.isIdGiven) return one
    const isTaken = identitiesOf(one).some((identity) => (takenBy.get(identity) ?? one.kind.name) !== one.kind.name)
    const { station } = one
    const unique = isTaken ? { ...one, station: { ...station, id: `${station.id}_${one.kind.name}` } } : one
    take(unique)
    return unique
  })
}

/** Throws WR_STATION_TWICE where two stations would publish readings under one identity. */
export function refuseTwins(stations: ReadonlyArray<Pick<Placed, 'kind' | 'station'>>): void {
  const seen = new Map<string, UpstreamKind>()
  for (const one of stations) {
    for (const identity of identitiesOf(one)) {
      const other = seen.get(identity)
      if (other !== undefined) {
        const { id } = one.station
        const sources = other === one.kind ? `twice by ${one.kind.name}` : `by ${other.name} and by ${one.kind.name}`
        throw new WindrowError('WR_STATION_TWICE', {
          message: `The station ${id} is configured ${sources}: their readings would be taken for revisions of each other.`,
          remedy: `Give each an id of its own in windrow.config.json, for instance ${id} and ${id}_${one.kind.name}, or remove one of them.`,
          kind: 'usage',
          facts: { station: id, sources: [other.name, one.kind.name] },
        })
      }
      seen.set(identity, one.kind)
    }
  }
}
