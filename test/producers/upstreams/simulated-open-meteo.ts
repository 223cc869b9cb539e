import { HOUR_MS } from '../../../src/core/calendar.ts'
import { openMeteoKind } from '../../../src/producers/open-meteo/open-meteo.ts'
import { openMeteoAnswer } from '../open-meteo/fake-open-meteo.ts'
import { parisAs, simulatedHours } from './simulated-hours.ts'
import type { SimulatedUpstreamOf } from './simulated-upstream.ts'

const PATHS = ['/v1/forecast', '/v1/archive']

/** Open-Meteo in a simulated world: rows of nulls are not known yet, and the sum of an hour stands in the row of its end. */
export const simulatedOpenMeteo: SimulatedUpstreamOf = (world) => {
  const station = parisAs('station_Paris_FR_open-meteo')
  const hours = simulatedHours(world, 'open-meteo', station.id)
  const degreesOf = (start: number): number | string | null => {
    if (start + HOUR_MS > world.now()) return hours.expects(start)
    return hours.known(start)?.value ?? null
  }
  const isThere = (start: number): boolean => start + HOUR_MS > world.now() || hours.known(start) !== null
  return {
    kind: openMeteoKind({ archiveUrl: null }),
    station,
    credentials: { kind: 'none' },
    answer: ({ path, query }) => {
      if (!PATHS.includes(path)) return undefined
      const row = (at: number) => ({
        temp: degreesOf(at) as number | null,
        sum: isThere(at - HOUR_MS) ? 0.2 : null,
        code: isThere(at - HOUR_MS) ? 61 : null,
      })
      return { body: openMeteoAnswer(Object.fromEntries(query), world.now(), row) }
    },
    valueOf: hours.valueOf,
    expected: hours.expected,
    deadLetters: hours.deadLetters,
  }
}
