import { expect, test } from 'vitest'
import { stretched } from '../../../src/cli/stations/stretched.ts'
import { MINUTE_MS } from '../../../src/core/calendar.ts'
import { openWeatherMap } from '../../../src/producers/openweathermap/openweathermap.ts'
import { simulate } from './simulate.ts'
import { simulatedAirqino } from './simulated-airqino.ts'
import { parisAs } from './simulated-hours.ts'
import { simulatedOpenMeteo } from './simulated-open-meteo.ts'
import { simulatedOpenWeatherMap } from './simulated-openweathermap.ts'
import { simulatedRteConsumption, simulatedRteGeneration } from './simulated-rte.ts'
import type { SimulatedUpstreamOf } from './simulated-upstream.ts'
import { simulatedVisualCrossing } from './simulated-visual-crossing.ts'

/** Every kind of upstream that the week is about, a line each. */
const upstreams: readonly SimulatedUpstreamOf[] = [
  simulatedRteConsumption,
  simulatedRteGeneration,
  simulatedAirqino,
  simulatedOpenMeteo,
  simulatedVisualCrossing,
  simulatedOpenWeatherMap(10 * MINUTE_MS),
]

/** Weeks in which the clocks of Europe change. */
const OCTOBER = Date.UTC(2025, 9, 22, 11, 20)
const MARCH = Date.UTC(2026, 2, 26, 23, 50)

const askedEveryMinute = {
  kind: openWeatherMap,
  station: parisAs('station_Paris_FR'),
  isCadenceAsked: true,
  askedCadence: { kind: 'interval', seconds: openWeatherMap.intervalSeconds },
  credentials: { kind: 'none' },
  quota: openWeatherMap.quota,
  backfillMs: 0,
  revisionsMs: 0,
  baseUrl: openWeatherMap.baseUrl,
} as const

/** More weeks than the suite has time for: `WINDROW_TEST_WEEKS=50 npx vitest run test/producers/upstreams`. */
const weeks = Number(process.env.WINDROW_TEST_WEEKS ?? 2)
/** Then of the second, too, all days, and not only those around the change of the clocks. */
const daysOfMarch = process.env.WINDROW_TEST_WEEKS === undefined ? 3 : 7

test.each(Array.from({ length: weeks }, (_, i) => i + 1))(
  'After week %i with faults in every fifth call, of processes that are killed, the log holds each reading and each revision once',
  async (seed) => {
    const when = seed % 2 === 0 ? { start: MARCH, days: daysOfMarch } : { start: OCTOBER, days: 7 }
    const week = await simulate({ seed, ...when, upstreams, faultShare: 0.2 })
    expect(week.logged).toEqual(week.expected)
    expect(new Set(week.deadLetters).size).toBe(week.deadLetters.length)
    expect(week.deadLetters).toHaveLength(week.expectedDeadLetters)
    expect(week.faults / week.calls).toBeGreaterThan(0.15)
    expect(week.lives).toBeGreaterThan(2)
    expect(week.calls).toBeLessThanOrEqual(week.allowed)
    expect(week.quotaUsed).toBeLessThanOrEqual(1)
  },
)

test('A source that is to be asked every minute is asked as often as its quota allows, over all processes together', async () => {
  const [owm] = stretched([askedEveryMinute])
  if (owm?.cadence.kind !== 'interval') throw new Error('it has an interval')
  expect(owm.cadence.seconds).toBe(87)
  const often = simulatedOpenWeatherMap(owm.cadence.seconds * 1000)
  const days = await simulate({ seed: 3, start: OCTOBER, days: 1.2, upstreams: [often], faultShare: 0.2, mostHours: 6 })
  expect(days.logged).toEqual(days.expected)
  expect(days.calls).toBeLessThanOrEqual(days.allowed)
  expect(days.lives).toBeGreaterThan(5)
  // All that is allowed is used, and no more.
  expect(days.quotaUsed).toBe(1)
})
