import type { SourceHealth } from '../api/ports.ts'
import type { Heartbeat } from '../producers/produce.ts'
import type { Source } from '../producers/source.ts'
import { problemOf } from './api/health.ts'

/** Remembers how the sources of this process are, for the health report. */
export interface SourceMonitor {
  /** To be called when a source starts. `intervalSeconds` null: it is polled once. */
  started(source: Source, intervalSeconds: number | null): void
  heartbeat(heartbeat: Heartbeat): void
  stopped(source: Source): void
  /** It has ended and will not try again. */
  failed(source: Source, error: unknown, at: number): void
  statuses(): readonly SourceHealth[]
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

export function sourceMonitor(): SourceMonitor {
  const known = new Map<string, Mutable<SourceHealth>>()
  const keyOf = ({ name, station }: { readonly name: string; readonly station: string }): string =>
    JSON.stringify([name, station])

  return {
    started(source, intervalSeconds) {
      known.set(keyOf(source), {
        source: source.station === '*' ? source.name : `${source.name} ${source.station}`,
        stations: source.station === '*' ? null : 1,
        state: 'starting',
        intervalSeconds,
        lastTryAt: null,
        lastSuccessAt: null,
        lastEventAt: null,
        published: 0,
        problem: null,
      })
    },
    heartbeat({ source, station, at, error, counts, newestAt }) {
      const health = known.get(keyOf({ name: source, station }))
      if (health === undefined) return
      health.lastTryAt = at
      if (newestAt !== null) health.lastEventAt = Math.max(health.lastEventAt ?? newestAt, newestAt)
      health.published += counts.published + counts.revised
      if (error === null) {
        health.state = 'running'
        health.lastSuccessAt = at
        health.problem = null
        return
      }
      health.state = 'waiting'
      health.problem = {
        code: error,
        message: `The last poll of ${health.source} failed; it is tried again.`,
        remedy: `The log of windrow says why, and docs/errors.md what to do about ${error}.`,
        since: health.problem?.since ?? at,
      }
    },
    stopped(source) {
      const health = known.get(keyOf(source))
      if (health !== undefined) health.state = 'stopped'
    },
    failed(source, error, at) {
      const health = known.get(keyOf(source))
      if (health !== undefined) Object.assign(health, { state: 'stopped', problem: problemOf(error, at) })
    },
    statuses: () => [...known.values()].map((health) => ({ ...health })),
  }
}
