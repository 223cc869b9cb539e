import { indexOfOffset, sliceBatch } from '../core/slice-batch.ts'
import type { Log, Topic } from '../log/port.ts'
import type { Cell, View } from '../views/view.ts'
import { readFinalRows } from './final-rows.ts'
import { type LastRecord, lastRecordOf } from './last-record.ts'
import { type RefusedRow, refusedRecord, refusedRow } from './refused-row.ts'
import { RowRecords } from './row-records.ts'
import type { MendSource, SinkRow } from './sink.ts'

export interface LogMendSourceOptions {
  readonly log: Log
  readonly sink: string
  readonly view: View
  readonly topic: Topic
  readonly batchBytes: number
  readonly signal: AbortSignal
  readonly refuse: (row: RefusedRow) => Promise<void>
}

/** A view topic as the source of a comparison. */
export function logMendSource(options: LogMendSourceOptions): MendSource {
  const { log, sink, view, topic, batchBytes, signal } = options
  const records = new RowRecords(view, log.registry)
  const last = new Map<number, LastRecord>()

  async function* read(partition: number, from: number, to: number): AsyncGenerator<readonly SinkRow[]> {
    const { start } = await log.bounds(topic, partition)
    const reader = log.reader(topic, partition, Math.max(from, start))
    try {
      while (reader.position < to) {
        signal.throwIfAborted()
        const batch = await reader.next(batchBytes)
        if (batch === null) return
        const part = sliceBatch(batch, 0, indexOfOffset(batch, to))
        keepLast(partition, lastRecordOf(part))
        const { rows, bad } = await records.decode(part, false)
        for (const record of bad) await options.refuse(refusedRecord(sink, { view, topic, partition }, record))
        yield rows
      }
    } finally {
      await reader.close()
    }
  }

  function keepLast(partition: number, found: LastRecord | null): void {
    if (found !== null && found.offset > (last.get(partition)?.offset ?? -1)) last.set(partition, found)
  }

  const cellsOf = (value: Uint8Array): readonly Cell[] => records.cellsOf(value)
  const end = async (partition: number): Promise<number> => (await log.bounds(topic, partition)).end

  return {
    view,
    topic,
    end,
    read,
    lastRecord: (partition) => last.get(partition) ?? null,
    finalRows: () => readFinalRows({ view, partitions: topic.partitions, end, read, cellsOf }),
    cellsOf,
    refuse: (row, partition, reason) => options.refuse(refusedRow(sink, { view, topic, partition }, row, reason)),
  }
}
