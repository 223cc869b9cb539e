import { keyText, valueBytes } from '../../core/record-block.ts'
import { schemaIdOf } from '../../events/wire-format.ts'
import type { Log, Topic } from '../../log/port.ts'
import { rowDecoder } from '../../views/row-decoder.ts'
import type { Cell, View } from '../../views/view.ts'

export interface RowVersionsOptions {
  readonly log: Log
  readonly view: View
  readonly topic: Topic
  /** Of each partition, from partition 0. */
  readonly from: readonly number[]
  readonly signal: AbortSignal
  /** Called for each record from there to the end as it is at the call, in the order of each partition. `cells` null: the row was gone. */
  readonly onVersion: (key: string, cells: () => readonly Cell[] | null) => Promise<void>
}

/** Every state that the rows of a view went through since given offsets. */
export async function rowVersions(options: RowVersionsOptions): Promise<void> {
  const { log, view, topic, from, signal, onVersion } = options
  const schemas = new Map<number, string | null>()
  const decoder = rowDecoder(view, (id) => schemas.get(id) ?? null)
  for (const [partition, first] of from.entries()) {
    const { start, end } = await log.bounds(topic, partition)
    if (first >= end) continue
    const reader = log.reader(topic, partition, Math.max(first, start))
    try {
      while (reader.position < end) {
        signal.throwIfAborted()
        const batch = await reader.next()
        if (batch === null) break
        for (let i = 0; i < batch.count; i++) {
          const value = valueBytes(batch, i)
          const id = value === null ? -1 : schemaIdOf(value)
          if (id >= 0 && !schemas.has(id)) schemas.set(id, await log.registry.schemaById(id))
          await onVersion(keyText(batch, i), () => (value === null ? null : decoder.decode(value)))
        }
      }
    } finally {
      await reader.close()
    }
  }
}
