import type { EventType } from '../../events/event-type.ts'
import type { Station } from '../../producers/stations/station.ts'
import type { UpstreamKind } from '../../producers/upstream-kind.ts'

interface Placed {
  readonly kind: UpstreamKind
  readonly station: Station
  readonly isIdGiven: boolean
}

/** Whether all readings of a station have to be of one source. An event with a sub-key keeps the series of several apart, since each says others. */
export function isOfOneSource({ subKeyFields }: EventType): boolean {
  return subKeyFields.length === 0
}

/** Whose readings those of the station are, as far as the log can tell. */
function identitiesOf({ kind, station }: Pick<Placed, 'kind' | 'station'>): string[] {
  return kind.events.map((event) => JSON.stringify([event.name, isOfOneSource(event) ? '' : kind.name, station.id]))
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

/** Two stations that would publish readings under one identity. */
export interface Twins<T> {
  readonly first: T
  readonly second: T
}

/** Every station whose readings would be taken for those of one before it, with that one. */
export function twinsOf<T extends Pick<Placed, 'kind' | 'station'>>(stations: readonly T[]): Array<Twins<T>> {
  const seen = new Map<string, T>()
  return stations.flatMap((second) => {
    const identities = identitiesOf(second)
    const [first] = identities.flatMap((identity) => seen.get(identity) ?? [])
    for (const identity of identities) if (!seen.has(identity)) seen.set(identity, second)
    return first === undefined ? [] : [{ first, second }]
  })
}
