import { DAY_MS, HOUR_MS } from '../../../src/core/calendar.ts'
import { airqino } from '../../../src/producers/airqino/airqino.ts'
import type { Station } from '../../../src/producers/stations/station.ts'
import { createRandom } from './seeded-random.ts'
import { type Fact, lifeOf, type SimulatedUpstreamOf, stateAt } from './simulated-upstream.ts'

const HISTORY_DAYS = 20

/** A station of AirQino in a simulated world: rows that were late stand where they belong, nothing says when a row was changed. */
export const simulatedAirqino: SimulatedUpstreamOf = (world) => {
  const random = createRandom(world.seed, 'airqino')
  const facts: Array<Fact<number | null | string>> = []
  for (let start = world.start - HISTORY_DAYS * DAY_MS; start < world.end; start += HOUR_MS) {
    const pm = Math.round(random() * 400) / 10
    const odd = random()
    const states = lifeOf(world, random, start + HOUR_MS, (revision) =>
      revision > 0 ? pm + revision : odd < 0.03 ? null : odd < 0.04 ? 'NaN' : pm,
    )
    if (states.length > 0) facts.push({ start, states })
  }
  const station = airqino.defaultStations?.[0] as Station
  const texts = facts.map(({ start }) => new Date(start).toISOString().slice(0, 19).replace('T', ' '))
  return {
    kind: airqino,
    station,
    credentials: { kind: 'none' },
    answer: ({ path }) => {
      if (path !== `/v3/getStationHourlyAvg/${station.upstreamId}`) return undefined
      const now = world.now()
      const data = facts.flatMap((fact, i) => {
        const state = stateAt(fact, now)
        return state === null ? [] : [{ timestamp: texts[i], 'PM2.5': state.value, CO: 0.25 }]
      })
      return { body: { header: { station_name: 'SMART', station_lat: 5.5, station_lon: 0.25 }, data } }
    },
    valueOf: ({ pm25 }) => pm25,
    expected: () =>
      facts
        .map(({ start, states }) => ({
          identity: JSON.stringify([station.id, '', start]),
          values: states.map(({ value }) => value).filter((value) => typeof value !== 'string'),
        }))
        .filter(({ values }) => values.length > 0),
    deadLetters: () => facts.flatMap(({ states }) => states).filter(({ value }) => typeof value === 'string').length,
  }
}
