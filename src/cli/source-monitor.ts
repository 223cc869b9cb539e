import type { Problem, SourceHealth } from '../api/ports.ts'
import type { Heartbeat } from '../producers/produce.ts'
import type { Source } from '../producers/source.ts'
import { problemOf } from './api/in-time.ts'

/** When a source is asked, and when it says too little. */
export interface SourceTiming {
  /** Null: it is polled once, or by the clock. */
  readonly intervalSeconds: number | null
  /** As in SourceHealth. */
  readonly staleAfterMs: number | null
}

/** Remembers how the sources of this process are, for the health report. */
export interface SourceMonitor {
  /** To be called when a source starts. */
  started(source: Source, timing: SourceTiming): void
  heartbeat(heartbeat: Heartbeat): void
  stopped(source: Source): void
  /** It has ended and will not try again. */
  failed(source: Source, error: unknown, at: number): void
  statuses(): readonly SourceHealth[]
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** `redact` takes secrets out of what is told of errors: messages have none, and this is what everybody can read. */
export function sourceMonitor(redact: (text: string) => string): SourceMonitor {
  const known = new Map<string, Mutable<SourceHealth>>()
  const keyOf = ({ name, station }: { readonly name: string; readonly station: string }): string =>
    JSON.stringify([name, station])
  const told = (problem: Problem): Problem => ({
    ...problem,
    message: redact(problem.message),
    remedy: redact(problem.remedy),
  })

  return {
    started(source, timing) {
      const isOne = source.station !== '*'
      known.set(keyOf(source), {
        source: isOne ? `${source.name} ${source.station}` : source.name,
        name: source.name,
        station: isOne ? source.station : null,
        stations: isOne ? 1 : null,
        state: 'starting',
        ...timing,
        lastTryAt: null,
        lastSuccessAt: null,
        lastEventAt: null,
        published: 0,
        deadLettered: 0,
        polls: 0,
        failures: 0,
        problem: null,
      })
    },
    heartbeat({ source, station, at, error, counts, newestAt }) {
      const health = known.get(keyOf({ name: source, station }))
      if (health === undefined) return
      health.lastTryAt = at
      if (newestAt !== null) health.lastEventAt = Math.max(health.lastEventAt ?? newestAt, newestAt)
      health.published += counts.published + counts.revised
      health.deadLettered += counts.deadLettered
      if (error === null) {
        health.polls += 1
        health.state = 'running'
        health.lastSuccessAt = at
        health.problem = null
        return
      }
      health.failures += 1
      health.state = 'waiting'
      health.problem = told({
        code: error.code,
        message: error.message,
        remedy: error.remedy ?? 'Read the log of windrow, and report what it says.',
        since: health.problem?.since ?? at,
      })
    },
    stopped(source) {
      const health = known.get(keyOf(source))
      if (health !== undefined) health.state = 'stopped'
    },
    failed(source, error, at) {
      const health = known.get(keyOf(source))
      if (health !== undefined) Object.assign(health, { state: 'stopped', problem: told(problemOf(error, at)) })
    },
    statuses: () => [...known.values()].map((health) => ({ ...health })),
  }
}
