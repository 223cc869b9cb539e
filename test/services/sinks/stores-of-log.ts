import { vi } from 'vitest'
import { type Session, withConfig } from '../../../src/cli/session.ts'
import { compareSinks } from '../../../src/cli/sinks/compare-sinks.ts'
import { sinkLags } from '../../../src/cli/sinks/sink-lags.ts'
import { withSinks } from '../../../src/cli/sinks/with-sinks.ts'
import { loadConfig } from '../../../src/config/load-config.ts'
import { WindrowError } from '../../../src/core/errors.ts'
import type { Log, Topic } from '../../../src/log/port.ts'
import { engineGroup } from '../../../src/runtime/engine-group.ts'
import { currentViews } from '../../../src/runtime/live-views.ts'
import { parseTaskProgress } from '../../../src/runtime/task-progress.ts'
import type { Sink } from '../../../src/sinks/sink.ts'
import type { StoreName } from '../../../src/views/view.ts'
import { silentLogger } from '../../sinks/silent-logger.ts'

/** The stores of a configuration, beside the log that they are written from. */
export interface StoresOfLog {
  readonly names: readonly StoreName[]
  /** Resolves once the topologies have processed all readings that are there now. */
  untilProcessed(): Promise<void>
  /** Resolves once the stores have all that is in the views' topics now. */
  untilCaughtUp(names: readonly StoreName[]): Promise<void>
  /** Compares every view of every store; what differs, as lines: none. */
  differences(): Promise<{ readonly rows: number; readonly lines: readonly string[] }>
}

export function storesOfLog(
  folder: string,
  environment: Readonly<Record<string, string>>,
  names: readonly StoreName[],
): StoresOfLog {
  const config = loadConfig(environment, folder)

  const look = <T>(use: (session: Session, sinks: readonly Sink[]) => Promise<T>): Promise<T> =>
    withConfig(config, (session) => withSinks({ config, names, logger: silentLogger }, (sinks) => use(session, sinks)))

  return {
    names,
    untilProcessed: () =>
      withConfig(config, async ({ log, catalogue }) => {
        for (const event of catalogue.events) {
          const topic = await log.findTopic(catalogue.topicOf(event))
          const views = catalogue.topologies.filter((each) => each.event.name === event.name).map(({ view }) => view.name)
          if (topic !== null) await untilNone(topic.name, () => readingsBehind(log, topic, views))
        }
      }),
    untilCaughtUp: (wanted) =>
      look(async (session, sinks) => {
        for (const sink of sinks.filter(({ store }) => wanted.includes(store)))
          await untilNone(sink.name, () => lagOf(session, sink))
      }),
    differences: () =>
      look(async (session, sinks) => {
        const lines: string[] = []
        const compared = await compareSinks(session, sinks, AbortSignal.timeout(PATIENCE_MS), (sink, view, difference) => {
          const { kind, key, expected, found } = difference
          lines.push(`${sink.name} ${view.name} ${kind} ${key}: ${JSON.stringify(expected)} is ${JSON.stringify(found)}`)
        })
        return { rows: compared.reduce((sum, { equal }) => sum + equal, 0), lines }
      }),
  }
}

const PATIENCE_MS = 120_000

/** Looks again and again, and lets others in this process work meanwhile. */
async function untilNone(about: string, lag: () => Promise<number>): Promise<void> {
  let behind = 0
  const isDone = async (): Promise<boolean> => {
    behind = await lag().catch((error: unknown) => {
      if (error instanceof WindrowError && error.canRetry) return Number.NaN
      throw error
    })
    return behind === 0
  }
  try {
    await vi.waitUntil(isDone, { timeout: PATIENCE_MS, interval: 20 })
  } catch (error) {
    throw new Error(`${about} is ${behind} records behind for too long`, { cause: error })
  }
}

/** Readings that a task has not processed, and partitions of views whose current generation is only being brought up to its offset. */
async function readingsBehind(log: Log, topic: Topic, views: readonly string[]): Promise<number> {
  const current = await currentViews(log)
  const progress = await log.groupProgress(engineGroup(topic.name), topic)
  let behind = 0
  for (let partition = 0; partition < topic.partitions; partition++) {
    const { end } = await log.bounds(topic, partition)
    const { offset, metadata } = progress.find((each) => each.partition === partition) ?? { offset: 0, metadata: '' }
    behind += end - offset
    if (end === 0) continue
    const { generations } = parseTaskProgress(metadata)
    behind += views.filter((view) => (generations.get(view) ?? 1) !== (current.get(view)?.generation ?? 1)).length
  }
  return behind
}

/** Changes of all views that the store has not written yet. */
async function lagOf(session: Session, sink: Sink): Promise<number> {
  return (await sinkLags(session, sink)).reduce((sum, { lag }) => sum + lag, 0)
}
