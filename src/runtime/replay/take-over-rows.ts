import { keyText, RecordBlockBuilder, valueBytes } from '../../core/record-block.ts'
import { indexOfOffset } from '../../core/slice-batch.ts'
import type { Log, Topic, Write } from '../../log/port.ts'
import { parseKey } from '../../views/row-key.ts'
import type { CurrentView } from '../../views/views-current.ts'
import type { InputOffsets } from './builder.ts'
import type { PlannedView } from './replay-plan.ts'
import { rowsStand, tasksProgress } from './rows-stand.ts'

/** Copies the rows that a replay does not build from the generation that is current. */
export interface TakeOver {
  /** All that is new since the last call. */
  advance(signal: AbortSignal): Promise<void>
  /** By view: what the rows that are there now stand at for certain. Only of views of which rows are taken over. */
  standAt(inputs: ReadonlyMap<string, Topic>): Promise<ReadonlyMap<string, InputOffsets>>
}

const BATCH_BYTES = 1024 * 1024

/** `commit` writes as the only one who may. */
export async function takeOverRows(
  log: Log,
  views: readonly PlannedView[],
  commit: (writes: readonly Write[]) => Promise<void>,
): Promise<TakeOver> {
  const copies: Copy[] = []
  for (const planned of views) {
    const from = planned.current === null ? null : await log.findTopic(planned.current.topic)
    if (planned.target.isBuilt === undefined || from === null || from.id !== planned.current?.topicId) continue
    for (let partition = 0; partition < from.partitions; partition++) copies.push({ planned, from, partition, position: 0 })
  }
  return {
    async advance(signal) {
      for (const copy of copies) await advance(log, copy, commit, signal)
    },
    async standAt(inputs) {
      const stand = new Map<string, InputOffsets>()
      for (const { topologies, current } of new Set(copies.map(({ planned }) => planned))) {
        const offsets = new Map<string, readonly number[]>()
        for (const { event } of topologies) {
          const readings = inputs.get(event.name) as Topic
          offsets.set(event.name, rowsStand(current as CurrentView, readings, await tasksProgress(log, readings)).certain)
        }
        stand.set((current as CurrentView).view, offsets)
      }
      return stand
    },
  }
}

interface Copy {
  readonly planned: PlannedView
  readonly from: Topic
  readonly partition: number
  position: number
}

async function advance(
  log: Log,
  copy: Copy,
  commit: (writes: readonly Write[]) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const { planned, from, partition } = copy
  const { view, topic, isBuilt } = planned.target
  const { start, end } = await log.bounds(from, partition)
  const reader = log.reader(from, partition, Math.max(copy.position, start))
  try {
    while (reader.position < end) {
      signal.throwIfAborted()
      const batch = await reader.next(BATCH_BYTES)
      if (batch === null) break
      const block = new RecordBlockBuilder()
      const count = indexOfOffset(batch, end)
      for (let i = 0; i < count; i++) {
        const key = keyText(batch, i)
        if (isBuilt?.(partition, parseKey(view, key)) === false) block.add(key, valueBytes(batch, i))
      }
      if (block.count > 0) await commit([{ topic, partition, block: block.build() }])
    }
    copy.position = end
  } finally {
    await reader.close()
  }
}
