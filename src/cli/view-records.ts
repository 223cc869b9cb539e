import { keyText, valueBytes } from '../core/record-block.ts'
import { schemaIdOf } from '../events/wire-format.ts'
import type { Log, Topic } from '../log/port.ts'
import { rowDecoder } from '../views/row-decoder.ts'
import type { Cell, View } from '../views/view.ts'

export interface ReadViewRecordsOptions {
  /** Of each partition, from partition 0; default: all from the start. */
  readonly from?: readonly number[]
  readonly signal?: AbortSignal | undefined
  /** Called for one record after the other, partition by partition. The bytes are only there during the call; null: the row was gone. */
  readonly onRecord: (key: string, value: Uint8Array | null) => Promise<void> | void
}

/** What the topic of a generation of a view holds, whichever versions of the view wrote it. */
export interface ViewRecords {
  /** Reads each partition up to its end as it is when its turn comes. */
  read(options: ReadViewRecordsOptions): Promise<void>
  /** All cells in the view's order, of a value that has been read. */
  decode(value: Uint8Array): Cell[]
}

export function viewRecords(log: Log, view: View, topic: Topic): ViewRecords {
  const schemas = new Map<number, string | null>()
  const decoder = rowDecoder(view, (id) => schemas.get(id) ?? null)

  const readPartition = async (partition: number, { from, signal, onRecord }: ReadViewRecordsOptions): Promise<void> => {
    const { start, end } = await log.bounds(topic, partition)
    const reader = log.reader(topic, partition, Math.max(start, from?.[partition] ?? 0))
    try {
      while (reader.position < end) {
        signal?.throwIfAborted()
        const batch = await reader.next()
        if (batch === null) return
        for (let i = 0; i < batch.count && (batch.offsets[i] as number) < end; i++) {
          const value = valueBytes(batch, i)
          const id = value === null ? -1 : schemaIdOf(value)
          if (id >= 0 && !schemas.has(id)) schemas.set(id, await log.registry.schemaById(id))
          await onRecord(keyText(batch, i), value)
        }
      }
    } finally {
      await reader.close()
    }
  }

  return {
    async read(options) {
      for (let partition = 0; partition < topic.partitions; partition++) await readPartition(partition, options)
    },
    decode: (value) => decoder.decode(value),
  }
}
