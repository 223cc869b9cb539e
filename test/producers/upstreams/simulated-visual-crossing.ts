import { DAY_MS, dayText, HOUR_MS } from '../../../src/core/calendar.ts'
import { Secret } from '../../../src/core/secret.ts'
import { visualCrossing } from '../../../src/producers/visual-crossing/visual-crossing.ts'
import { parisAs, simulatedHours } from './simulated-hours.ts'
import type { SimulatedUpstreamOf } from './simulated-upstream.ts'

const KEY = 'visual-crossing-key'
const PATH = /^\/VisualCrossingWebServices\/rest\/services\/timeline\/[^/]+\/(\d{4}-\d\d-\d\d)\/(\d{4}-\d\d-\d\d)$/

/** Visual Crossing in a simulated world: what is not measured yet is a forecast, also of hours that are over. */
export const simulatedVisualCrossing: SimulatedUpstreamOf = (world) => {
  const station = parisAs('station_Paris_FR_visual-crossing')
  const hours = simulatedHours(world, 'visual-crossing', station.id)
  const hourAt = (start: number) => {
    const known = hours.known(start)
    const at = { datetimeEpoch: start / 1000, precip: 0.2, preciptype: ['rain'], windspeed: 36 }
    if (known === null) return { ...at, temp: hours.expects(start), source: 'fcst' }
    return { ...at, temp: known.value, source: (start / HOUR_MS) % 3 === 0 ? 'comb' : 'obs' }
  }
  return {
    kind: visualCrossing,
    station,
    credentials: { kind: 'key', key: new Secret(KEY) },
    answer: ({ path, query }) => {
      const [, from, to] = PATH.exec(path) ?? []
      if (from === undefined || to === undefined) return undefined
      if (query.get('key') !== KEY) return { status: 401, body: 'No account found with API key' }
      const days: object[] = []
      for (let day = Date.parse(from); day <= Date.parse(to); day += DAY_MS) {
        const starts = Array.from({ length: 24 }, (_, hour) => day + hour * HOUR_MS)
        // Of what was before, nobody ever says anything.
        const told = starts.filter((start) => hours.isInWorld(start) || start + HOUR_MS > world.now())
        days.push({ datetime: dayText(day / DAY_MS), datetimeEpoch: day / 1000, hours: told.map(hourAt) })
      }
      return { body: { queryCost: 24 * days.length, timezone: 'Etc/UTC', days } }
    },
    valueOf: hours.valueOf,
    expected: hours.expected,
    deadLetters: hours.deadLetters,
  }
}
