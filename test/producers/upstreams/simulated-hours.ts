import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/core/calendar.ts'
import { createRandom } from './seeded-random.ts'
import { type ExpectedReading, type Fact, type SimulatedWorld, stateAt } from './simulated-upstream.ts'

/** Degrees, null where there are none, or a text in their place. */
type Degrees = number | null | string

/** The hourly weather of a place, as somebody knows it who also expects something of the hours to come. */
export interface SimulatedHours {
  /** What is known of the hour that begins then; null: nothing yet. */
  readonly known: (start: number) => { readonly value: Degrees } | null
  /** What is expected now of an hour that is not known: another value every minute. */
  readonly expects: (start: number) => number
  /** Whether anything is, or will be, known of it. */
  readonly isInWorld: (start: number) => boolean
  readonly valueOf: (logged: Readonly<Record<string, unknown>>) => unknown
  readonly expected: () => readonly ExpectedReading[]
  readonly deadLetters: () => number
}

/** Whole days before the world's start of which something is known. */
const HISTORY_DAYS = 2

/** The hours of a station: `valueOf` gives the temperature, and whether the forecast with it is the one that was first said. */
export function simulatedHours(world: SimulatedWorld, name: string, station: string): SimulatedHours {
  const random = createRandom(world.seed, name)
  const facts = new Map<number, Fact<Degrees>>()
  const first = Math.floor(world.start / DAY_MS) * DAY_MS - HISTORY_DAYS * DAY_MS
  for (let start = first; start < world.end; start += HOUR_MS) {
    facts.set(start, { start, states: lifeOfHour(world, random, start) })
  }
  const said = new Map<number, Set<number>>()
  const published = new Map<number, unknown>()
  const states = [...facts.values()].flatMap((fact) => fact.states)
  return {
    known: (start) => {
      const fact = facts.get(start)
      return fact === undefined ? null : stateAt(fact, world.now())
    },
    expects: (start) => {
      const now = world.now()
      const value = -10 - (Math.floor(now / MINUTE_MS) % 37) / 4
      // It goes with the reading of the hour before, as long as that is the latest.
      if (start <= now && now < start + HOUR_MS) said.set(start, (said.get(start) ?? new Set()).add(value))
      return value
    },
    isInWorld: (start) => facts.has(start),
    valueOf: ({ temperature, timestamp, next_hour_temp: next }) => {
      const at = Number(timestamp)
      if (!published.has(at)) published.set(at, next)
      const isFirst = published.get(at) === next
      const isSaid = next === null || said.get(at + HOUR_MS)?.has(Number(next)) === true
      return [temperature, isFirst && isSaid]
    },
    expected: () =>
      [...facts.values()]
        .map((fact) => ({
          identity: JSON.stringify([station, '', fact.start]),
          values: fact.states.filter(({ value }) => typeof value !== 'string').map(({ value }) => [value, true]),
        }))
        .filter(({ values }) => values.length > 0),
    deadLetters: () => states.filter(({ value }) => typeof value === 'string').length,
  }
}

/**
 * Known soon after it is over, 4 in 100 up to 20 hours late; of the others 12 in 100 are revised half a day to a day later. Somebody
 * who looks three days back once a day sees every state.
 */
function lifeOfHour(world: SimulatedWorld, random: () => number, start: number): Fact<Degrees>['states'] {
  const degrees = Math.round(random() * 300) / 10
  const odd = random()
  const isLate = random() < 0.04
  const known = start + HOUR_MS + (2 + 20 * random()) * MINUTE_MS + (isLate ? 20 * random() * HOUR_MS : 0)
  const first: Degrees = odd < 0.01 ? null : odd < 0.02 ? 'hot' : degrees
  const states = [{ knownAt: Math.floor(known), value: first }]
  const isRevised = random() < 0.12
  const later = known + (14 + 14 * random()) * HOUR_MS
  if (isRevised && !isLate) states.push({ knownAt: Math.floor(later), value: degrees + 0.5 })
  // Nobody need have seen what was replaced before somebody could ask.
  const before = states.findLastIndex(({ knownAt }) => knownAt <= world.start + 3 * HOUR_MS)
  return states.slice(Math.max(before, 0)).filter(({ knownAt }) => knownAt <= world.end)
}

/** A station of that id in Paris. */
export function parisAs(id: string) {
  const place = { city: 'Paris', country: 'FR', latitude: 48.8566, longitude: 2.3522, timeZone: 'Europe/Paris' }
  return { id, upstreamId: null, place }
}
