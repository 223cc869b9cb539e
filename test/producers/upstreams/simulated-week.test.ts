import { expect, test } from 'vitest'
import { simulate } from './simulate.ts'
import { simulatedAirqino } from './simulated-airqino.ts'
import { simulatedRteConsumption, simulatedRteGeneration } from './simulated-rte.ts'
import type { SimulatedUpstreamOf } from './simulated-upstream.ts'

/** Every kind of upstream that the week is about, a line each. */
const upstreams: readonly SimulatedUpstreamOf[] = [simulatedRteConsumption, simulatedRteGeneration, simulatedAirqino]

/** Weeks in which the clocks of Europe change. */
const OCTOBER = Date.UTC(2025, 9, 22, 11, 20)
const MARCH = Date.UTC(2026, 2, 25, 23, 50)

/** More weeks than the suite has time for: `WINDROW_TEST_WEEKS=50 npx vitest run test/producers/upstreams`. */
const weeks = Number(process.env.WINDROW_TEST_WEEKS ?? 2)

test.each(Array.from({ length: weeks }, (_, i) => i + 1))(
  'After week %i with faults in every fifth call, of processes that are killed, the log holds each reading and each revision once',
  async (seed) => {
    const week = await simulate({ seed, start: seed % 2 === 0 ? MARCH : OCTOBER, days: 7, upstreams, faultShare: 0.2 })
    expect(week.logged).toEqual(week.expected)
    expect(new Set(week.deadLetters).size).toBe(week.deadLetters.length)
    expect(week.deadLetters).toHaveLength(week.expectedDeadLetters)
    expect(week.faults / week.calls).toBeGreaterThan(0.15)
    expect(week.lives).toBeGreaterThan(5)
  },
)
