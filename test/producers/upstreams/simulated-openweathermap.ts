import { MINUTE_MS } from '../../../src/core/calendar.ts'
import { Secret } from '../../../src/core/secret.ts'
import { openWeatherMap } from '../../../src/producers/openweathermap/openweathermap.ts'
import { createRandom } from './seeded-random.ts'
import { parisAs } from './simulated-hours.ts'
import type { SimulatedUpstreamOf } from './simulated-upstream.ts'

const KEY = 'openweathermap-key'
const SLOT_MS = 10 * MINUTE_MS

interface Observation {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly degrees: number
}

/** One that a source was answered with. */
interface Answered {
  readonly observation: Observation
  /** Whether it is sure that it was taken: nothing else tells, since upstream forgets it. */
  isSure: boolean
}

/** OpenWeatherMap in a simulated world, asked every `everyMs`: an observation every 4 to 12 minutes, and in that share of the answers the one before. */
export function simulatedOpenWeatherMap(everyMs: number, staleShare = 0.1): SimulatedUpstreamOf {
  return (world) => {
    const random = createRandom(world.seed, 'openweathermap')
    const station = parisAs('station_Paris_FR')
    const observations: Observation[] = [observed(world.start - 2 * SLOT_MS, random)]
    const answered: Answered[] = []

    const latest = (): Observation => {
      let last = observations.at(-1) as Observation
      while (last.at <= world.now()) {
        last = observed(last.at + (4 + 8 * random()) * MINUTE_MS, random)
        observations.push(last)
      }
      // The last is still to come.
      return observations.at(random() < staleShare ? -3 : -2) ?? (observations[0] as Observation)
    }

    return {
      kind: openWeatherMap,
      station,
      everyMs,
      credentials: { kind: 'key', key: new Secret(KEY) },
      answer: ({ path, query }) => {
        if (path !== '/data/2.5/weather') return undefined
        if (query.get('appid') !== KEY) return { status: 401, body: { cod: 401, message: 'Invalid API key' } }
        const observation = latest()
        answered.push({ observation, isSure: false })
        const { at, degrees } = observation
        const weather = [{ id: 500, main: 'Rain', description: 'light rain', icon: '10d' }]
        const main = { temp: degrees, pressure: 1013, humidity: 65 }
        return { body: { dt: at / 1000, main, weather, wind: { speed: 3.4, deg: 310 }, rain: { '1h': 0.3 }, cod: '200' } }
      },
      onPublished: () => {
        const last = answered.at(-1)
        if (last !== undefined) last.isSure = true
      },
      valueOf: ({ revised_at, temperature }) => [revised_at, temperature],
      expected: (isLogged) => {
        const newest = new Map<string, number>()
        const readings = new Map<string, Map<number, number>>()
        for (const { observation, isSure } of answered) {
          const { at, degrees } = observation
          const identity = JSON.stringify([station.id, '', Math.floor(at / SLOT_MS) * SLOT_MS])
          const before = newest.get(identity) ?? at
          newest.set(identity, Math.max(at, before))
          // What may have been taken before, and is newer, makes it stale.
          if (!(isSure && at >= before) && !isLogged(identity, [at, degrees])) continue
          const values = readings.get(identity) ?? new Map<number, number>()
          readings.set(identity, values.set(at, degrees))
        }
        return [...readings].map(([identity, values]) => ({ identity, values: [...values].sort(([a], [b]) => a - b) }))
      },
      deadLetters: () => 0,
    }
  }
}

function observed(at: number, random: () => number): Observation {
  return { at: Math.floor(at / 1000) * 1000, degrees: Math.round(random() * 300) / 10 }
}
