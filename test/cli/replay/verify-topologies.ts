import type { BuiltView } from '../../../src/cli/replay/built-views.ts'
import { type Verification, verifyViews } from '../../../src/cli/replay/verify-views.ts'
import { systemClock } from '../../../src/core/clock.ts'
import type { Log } from '../../../src/log/port.ts'
import { currentViews } from '../../../src/runtime/live-views.ts'
import type { Sink } from '../../../src/sinks/sink.ts'
import type { Topology } from '../../../src/streams/topology.ts'
import type { View } from '../../../src/views/view.ts'

const logger = { debug() {}, info() {}, warn() {}, error() {} }

export interface Found extends Verification {
  /** `store kind key`, of each view in the order of the keys. */
  readonly told: readonly string[]
}

/** The view with its current generation; throws where there is none. */
export async function builtViewOf(log: Log, view: View): Promise<BuiltView> {
  const current = (await currentViews(log)).get(view.name)
  const topic = await log.findTopic(current?.topic ?? '')
  if (current === undefined || topic === null) throw new Error(`${view.name} has not been built`)
  return { view, topic, current }
}

/** Compares the views of the topologies, each made by one of them. */
export async function verifyTopologies(log: Log, topologies: readonly Topology[], sinks: readonly Sink[] = []): Promise<Found> {
  const told: string[] = []
  const verification = await verifyViews({
    log,
    topologies,
    topicOf: (event) => event.defaultTopic,
    views: await Promise.all(topologies.map(({ view }) => builtViewOf(log, view))),
    sinks,
    allowedLatenessMinutes: new Map(),
    memoryBytes: 1 << 24,
    patienceMs: 200,
    clock: systemClock,
    logger,
    signal: new AbortController().signal,
    onProgress: () => undefined,
    onDifference: async (_, store, { kind, key }) => {
      told.push(`${store} ${kind} ${key}`)
    },
  })
  return { ...verification, told }
}
