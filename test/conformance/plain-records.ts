import {
  headersOf,
  keyText,
  type RecordBatch,
  RecordBlockBuilder,
  type RecordHeaders,
  valueBytes,
} from '../../src/core/record-block.ts'
import type { LogReader, Topic, Write } from '../../src/log/port.ts'

/** A record as a test writes and reads it. */
export interface Plain {
  readonly key: string
  readonly value: string | null
  readonly headers?: RecordHeaders
}

const text = new TextEncoder()
const decoder = new TextDecoder()

export function blockOf(...records: readonly Plain[]): ReturnType<RecordBlockBuilder['build']> {
  const builder = new RecordBlockBuilder()
  for (const { key, value, headers } of records) builder.add(key, value === null ? null : text.encode(value), headers)
  return builder.build()
}

export function write(topic: Topic, partition: number, ...records: readonly Plain[]): Write {
  return { topic, partition, block: blockOf(...records) }
}

export function plain(batch: RecordBatch, i: number): Plain & { readonly offset: number } {
  const value = valueBytes(batch, i)
  return {
    key: keyText(batch, i),
    value: value === null ? null : decoder.decode(value),
    headers: headersOf(batch, i),
    offset: batch.offsets[i] as number,
  }
}

/** Everything from the reader's position to the end for now. */
export async function readAll(reader: LogReader, maxBytes?: number): Promise<Array<ReturnType<typeof plain>>> {
  const records: Array<ReturnType<typeof plain>> = []
  for (let batch = await reader.next(maxBytes); batch !== null; batch = await reader.next(maxBytes)) {
    for (let i = 0; i < batch.count; i++) records.push(plain(batch, i))
  }
  return records
}

export function numbered(from: number, to: number): Plain[] {
  return Array.from({ length: to - from }, (_, i) => ({ key: `k${from + i}`, value: `v${from + i}` }))
}
