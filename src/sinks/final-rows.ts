import { SortedStore } from '../kv/sorted-store.ts'
import { parseKey } from '../views/row-key.ts'
import type { Cell, View } from '../views/view.ts'
import type { SinkRow } from './sink.ts'

/** A row as its topic says in the end. */
export interface FinalRow {
  /** The canonical JSON array of the key's cells. */
  readonly key: string
  readonly keyCells: readonly Cell[]
  /** All cells in the view's order. */
  readonly cells: readonly Cell[]
  readonly partition: number
  /** Of the record that says so. */
  readonly offset: number
  /** The record's value as the log has it. */
  readonly value: Uint8Array
}

/** What a view has to be by its topic: the last row of each key up to the ends. What memory does not hold is on disk until `close`. */
export interface FinalRows {
  /** The end of each partition up to which the topic was read. */
  readonly ends: readonly number[]
  /** Null where the view has no such row. */
  get(key: string): FinalRow | null
  /** All rows in the order of the keys' bytes, so that those of a station follow each other by time; some thousands at a time. */
  entries(): AsyncGenerator<readonly FinalRow[]>
  /** Reads on to the ends as they are now. Not while entries are read. */
  catchUp(): Promise<void>
  close(): Promise<void>
}

export interface FinalRowsOptions {
  readonly view: View
  readonly partitions: number
  end(partition: number): Promise<number>
  read(partition: number, from: number, to: number): AsyncIterable<readonly SinkRow[]>
  /** The cells of a record's value that `read` has given. */
  cellsOf(value: Uint8Array): readonly Cell[]
  readonly memoryBytes?: number
}

/** Partition and offset before each value. */
const HEADER_BYTES = 12
const utf8 = new TextEncoder()
const texts = new TextDecoder()

export async function readFinalRows(options: FinalRowsOptions): Promise<FinalRows> {
  const rows = new StoredFinalRows(options)
  try {
    await rows.catchUp()
  } catch (error) {
    await rows.close()
    throw error
  }
  return rows
}

class StoredFinalRows implements FinalRows {
  readonly ends: number[]
  private readonly options: FinalRowsOptions
  private readonly store: SortedStore

  constructor(options: FinalRowsOptions) {
    this.options = options
    this.ends = new Array<number>(options.partitions).fill(0)
    this.store = new SortedStore(options.memoryBytes)
  }

  get(key: string): FinalRow | null {
    const stored = this.store.get(utf8.encode(key))
    return stored === null ? null : this.row(key, stored)
  }

  async *entries(): AsyncGenerator<readonly FinalRow[]> {
    for await (const page of this.store.entries()) yield page.map(({ key, value }) => this.row(texts.decode(key), value))
  }

  async catchUp(): Promise<void> {
    for (const [partition, from] of this.ends.entries()) {
      const end = await this.options.end(partition)
      for await (const rows of this.options.read(partition, from, end)) {
        for (const { key, value, offset } of rows) {
          await this.store.put(utf8.encode(key), value === null ? null : stored(partition, offset, value))
        }
      }
      this.ends[partition] = end
    }
  }

  close(): Promise<void> {
    return this.store.close()
  }

  private row(key: string, bytes: Uint8Array): FinalRow {
    const header = new DataView(bytes.buffer, bytes.byteOffset)
    const value = bytes.subarray(HEADER_BYTES)
    return {
      key,
      keyCells: parseKey(this.options.view, key),
      cells: this.options.cellsOf(value),
      partition: header.getUint32(0),
      offset: header.getFloat64(4),
      value,
    }
  }
}

function stored(partition: number, offset: number, value: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + value.byteLength)
  const header = new DataView(bytes.buffer)
  header.setUint32(0, partition)
  header.setFloat64(4, offset)
  bytes.set(value, HEADER_BYTES)
  return bytes
}
