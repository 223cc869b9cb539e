import type { Condition } from '../../api/ports.ts'
import { keyText as recordKey, valueBytes } from '../../core/record-block.ts'
import { schemaIdOf } from '../../events/wire-format.ts'
import { SortedStore } from '../../kv/sorted-store.ts'
import type { Log, Topic } from '../../log/port.ts'
import { rowDecoder } from '../../views/row-decoder.ts'
import { parseKey } from '../../views/row-key.ts'
import type { Cell, View } from '../../views/view.ts'
import { sortKey } from './sort-key.ts'

export interface ViewRowsOptions {
  /** All of them hold for a row that is given. */
  readonly conditions?: readonly Condition[]
  /** Bytes kept in memory while sorting. */
  readonly memoryBytes?: number
  readonly signal?: AbortSignal
}

function holds({ operator, value, column }: Condition, view: View, cells: readonly Cell[]): boolean {
  const cell = cells[view.columns.indexOf(column)]
  if (cell === null || cell === undefined || value === null) return false
  switch (operator) {
    case 'equal':
      return cell === value
    case 'at-least':
      return cell >= value
    case 'below':
      return cell < value
  }
}

/**
 * The rows of a view as its topic has them up to its end at the time of the call: the latest of each key, sorted by key, some
 * thousands at a time. The order and the rows depend on the set of latest records alone, not on the order in which they arrived.
 */
export async function* viewRows(
  log: Log,
  view: View,
  topic: Topic,
  options: ViewRowsOptions = {},
): AsyncGenerator<ReadonlyArray<readonly Cell[]>> {
  const { conditions = [] } = options
  const schemas = new Map<number, string | null>()
  const decoder = rowDecoder(view, (id) => schemas.get(id) ?? null)
  const sorted = new SortedStore(options.memoryBytes)
  try {
    for (let partition = 0; partition < topic.partitions; partition++) {
      await collectPartition(log, view, topic, partition, sorted, schemas, options.signal)
    }
    for await (const entries of sorted.entries()) {
      const rows = entries.map(({ value }) => decoder.decode(value))
      const chosen =
        conditions.length === 0 ? rows : rows.filter((cells) => conditions.every((condition) => holds(condition, view, cells)))
      if (chosen.length > 0) yield chosen
    }
  } finally {
    await sorted.close()
  }
}

async function collectPartition(
  log: Log,
  view: View,
  topic: Topic,
  partition: number,
  sorted: SortedStore,
  schemas: Map<number, string | null>,
  signal?: AbortSignal,
): Promise<void> {
  const { start, end } = await log.bounds(topic, partition)
  const reader = log.reader(topic, partition, start)
  try {
    while (reader.position < end) {
      signal?.throwIfAborted()
      const batch = await reader.next()
      if (batch === null) return
      for (let i = 0; i < batch.count; i++) {
        if ((batch.offsets[i] as number) >= end) break
        const value = valueBytes(batch, i)
        if (value !== null) await learnSchema(log, schemaIdOf(value), schemas)
        await sorted.put(sortKey(view, parseKey(view, recordKey(batch, i))), value?.slice() ?? null)
      }
    }
  } finally {
    await reader.close()
  }
}

async function learnSchema(log: Log, id: number, schemas: Map<number, string | null>): Promise<void> {
  if (id < 0 || schemas.has(id)) return
  schemas.set(id, await log.registry.schemaById(id))
}
