import type { Station } from '../../../src/producers/stations/station.ts'
import type { Credentials, UpstreamKind } from '../../../src/producers/upstream-kind.ts'
import type { FakeAnswer, FakeRequest } from './fake-server.ts'

/** The world of which an upstream speaks. */
export interface SimulatedWorld {
  readonly seed: number
  /** Nobody asks before, and everything is known until the end: milliseconds since the epoch. */
  readonly start: number
  readonly end: number
  /** Milliseconds since the epoch, as upstream's own clock shows. */
  readonly now: () => number
}

/** What the log is to hold of one reading: a value a revision, in the order of time. */
export interface ExpectedReading {
  /** As `identityOf` gives it. */
  readonly identity: string
  readonly values: readonly unknown[]
}

/** An upstream of a simulated world, that answers as the real one. */
export interface SimulatedUpstream {
  readonly kind: UpstreamKind
  readonly station: Station
  readonly credentials: Credentials
  /** From one poll to the next, default an hour. */
  readonly everyMs?: number
  /** Undefined: the request is not for it. */
  readonly answer: (request: FakeRequest) => FakeAnswer | undefined
  /** Of a reading that is in the log, what `ExpectedReading.values` holds of it. */
  readonly valueOf: (logged: Readonly<Record<string, unknown>>) => unknown
  /** A poll has ended, and what it was answered is in the log. */
  readonly onPublished?: () => void
  /**
   * What the log is to hold once all is published. Where nothing tells whether an answer was taken before its process was killed,
   * `isLogged` does: whether the log holds that value (of `valueOf`) at all.
   */
  readonly expected: (isLogged: (identity: string, value: unknown) => boolean) => readonly ExpectedReading[]
  /** How many elements were never readings. */
  readonly deadLetters: () => number
}

/** One that a seed makes: a line in the list of those that a simulated week is about. */
export type SimulatedUpstreamOf = (world: SimulatedWorld) => SimulatedUpstream

/** A state of a fact, from `knownAt` on. */
export interface State<Value> {
  readonly knownAt: number
  readonly value: Value
}

/** Something that upstream comes to know, and changes its mind about. */
export interface Fact<Value> {
  readonly start: number
  /** Hours apart, so that somebody who asks often sees each. */
  readonly states: ReadonlyArray<State<Value>>
}

/** What upstream says of a fact now; null: nothing yet. */
export function stateAt<Value>(fact: Fact<Value>, now: number): State<Value> | null {
  return fact.states.findLast(({ knownAt }) => knownAt <= now) ?? null
}

const HOUR = 3_600_000

/**
 * The life of a fact: known a while after it ended (3 in 100 a day late, 1 in 100 four days late), 8 in 100 revised within a day, 2 in 100 days later.
 * What was known before the world's start has one state by then.
 */
export function lifeOf<Value>(
  { start: worldStart, end: worldEnd }: SimulatedWorld,
  random: () => number,
  endOfFact: number,
  valueIn: (revision: number) => Value,
): ReadonlyArray<State<Value>> {
  const chance = random()
  const late = chance < 0.01 ? 4 * 24 * HOUR : chance < 0.04 ? 24 * HOUR * random() : 0
  const times = [endOfFact + (5 + 20 * random()) * 60_000 + late]
  // What is four days late is looked for once a day, so that not every state of it would be seen.
  if (random() < 0.08 && late <= 24 * HOUR) times.push((times.at(-1) as number) + (4 + 20 * random()) * HOUR)
  if (random() < 0.02) times.push((times.at(-1) as number) + (80 + 20 * random()) * HOUR)
  const states = times.map((time, revision) => ({ knownAt: Math.floor(time / 1000) * 1000, value: valueIn(revision) }))
  // Nobody need have seen what was replaced before somebody could ask.
  const before = states.findLastIndex(({ knownAt }) => knownAt <= worldStart + 3 * HOUR)
  return states.slice(Math.max(before, 0)).filter(({ knownAt }) => knownAt <= worldEnd)
}
