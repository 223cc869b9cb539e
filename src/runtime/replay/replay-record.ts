import { hostname } from 'node:os'
import type { Clock } from '../../core/clock.ts'
import { isWindrowError, WindrowError } from '../../core/errors.ts'
import { RecordBlockBuilder } from '../../core/record-block.ts'
import { readLatest } from '../../log/latest-records.ts'
import type { ExclusiveWriter, Log, Write } from '../../log/port.ts'
import { VIEWS_REPLAYS_TOPIC, type ViewReplay, viewsReplays } from '../../views/views-replays.ts'

/** Tells how a replay stands: to the tasks that are to stand still, to whoever looks, and to the next replay if this one dies. */
export interface ReplayRecords {
  /** How the last replay of each view stands: of others, then as told by this one. */
  readonly latest: ReadonlyMap<string, ViewReplay>
  write(replays: readonly Told[]): Promise<void>
  /** Commits other records in the same right. */
  commit(writes: readonly Write[]): Promise<void>
  close(): Promise<void>
}

/** What is told of a view's replay; who tells it and when is added. */
export type Told = Omit<ViewReplay, 'host' | 'pid' | 'updatedAt'>

/** One replay of a log at a time. WR_REPLAY_RUNNING while another is at work. */
export async function openReplayRecords(log: Log, clock: Clock): Promise<ReplayRecords> {
  const topic = await log.ensureTopic({ name: VIEWS_REPLAYS_TOPIC, partitions: 1, cleanup: 'compact' })
  const schemaId = await log.registry.register(`${VIEWS_REPLAYS_TOPIC}-value`, viewsReplays.records.schema)
  const writer = await openWriter(log)
  const latest = new Map<string, ViewReplay>()
  const write = async (replays: readonly ViewReplay[]): Promise<void> => {
    const block = new RecordBlockBuilder()
    for (const replay of replays) block.add(replay.view, viewsReplays.records.encode(replay, schemaId))
    await writer.commit([{ topic, partition: 0, block: block.build() }])
    for (const replay of replays) latest.set(replay.view, replay)
  }
  try {
    for (const [view, replay] of await readLatest(log, viewsReplays)) latest.set(view, replay)
    // Whoever asked the tasks to stand still is gone: they need not do so any more, and answer nobody else meanwhile.
    const asked = [...latest.values()].filter(({ state }) => state === 'handover')
    if (asked.length > 0) await write(asked.map((replay) => ({ ...replay, state: 'building' })))
    return {
      latest,
      write: (replays) => {
        const teller = { host: hostname(), pid: process.pid, updatedAt: clock.now() }
        return write(replays.map((replay) => ({ ...replay, ...teller })))
      },
      commit: async (writes) => void (await writer.commit(writes)),
      close: () => writer.close(),
    }
  } catch (error) {
    await writer.close()
    throw error
  }
}

/** Does something that no replay may be at work beside. WR_REPLAY_RUNNING. */
export async function withoutReplays<T>(log: Log, action: () => Promise<T>): Promise<T> {
  const writer = await openWriter(log)
  try {
    return await action()
  } finally {
    await writer.close()
  }
}

async function openWriter(log: Log): Promise<ExclusiveWriter> {
  try {
    return await log.exclusiveWriter(VIEWS_REPLAYS_TOPIC)
  } catch (error) {
    if (!isWindrowError(error, 'WR_WRITER_HELD')) throw error
    throw new WindrowError('WR_REPLAY_RUNNING', {
      message: `Another replay of this log is at work: ${error.message}`,
      remedy:
        'Wait until it is done, or end it (Ctrl-C, or kill with its pid): the next replay of the same views goes on where it was.',
      kind: 'usage',
      facts: error.facts,
      cause: error,
    })
  }
}
