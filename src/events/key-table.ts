import { partitionOf } from '../core/murmur2.ts'
import { ByteTable } from './byte-table.ts'
import type { Dictionary } from './dictionaries.ts'
import { MAX_KEY_BYTES, MAX_REMEMBERED } from './reading-limits.ts'
import { BAD_KEY, BAD_TEXT, KEY_PARTITION, MALFORMED } from './record-problem.ts'
import { utf8Text } from './utf8-text.ts'

/** Gives the keys of records their numbers. A key is checked, and its text made, when it is new; unusable ones are not kept. */
export class KeyTable {
  private readonly table = new ByteTable()
  private readonly keys: Dictionary
  private readonly partition: number
  private readonly partitions: number

  constructor(keys: Dictionary, partition: number, partitions: number) {
    this.keys = keys
    this.partition = partition
    this.partitions = partitions
  }

  /** The number of the key [start, end), or minus the problem that it has. */
  idOf(bytes: Uint8Array, view: DataView, start: number, end: number): number {
    const known = this.table.find(view, start, end)
    return known >= 0 ? known : this.learn(bytes, view, start, end)
  }

  private learn(bytes: Uint8Array, view: DataView, start: number, end: number): number {
    const length = end - start
    if (length < 1 || length > MAX_KEY_BYTES) return -BAD_KEY
    const text = utf8Text(bytes, start, end)
    if (text === null) return -MALFORMED
    if (text.includes('\0')) return -BAD_TEXT
    if (partitionOf(bytes.subarray(start, end), this.partitions) !== this.partition) return -KEY_PARTITION
    const id = this.keys.idOf(text)
    if (this.table.size >= MAX_REMEMBERED) this.table.clear()
    this.table.add(bytes, view, start, end, id)
    return id
  }
}
