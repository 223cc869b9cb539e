import { createHash } from 'node:crypto'
import type { RecordBatch } from '../core/record-block.ts'
import { afterPrefix, justAfter } from '../kv/bytes.ts'
import type { KeyValueChange, KeyValueStore } from '../kv/port.ts'
import type { Log, Topic } from './port.ts'

/** The latest value of every key of a compacted topic, on the local disk: only a cache of the log, and as such never wrong for long. */
export interface Table {
  /** Reads to the end of the topic as it is when this is called. */
  catchUp(): Promise<void>
  /** As of the last `catchUp`; undefined when there is none (or a tombstone). */
  get(key: Uint8Array): Uint8Array | undefined
  /** In the order of the keys (very long ones by their beginning), read page by page as the caller goes on. */
  entries(prefix?: Uint8Array): Iterable<{ readonly key: Uint8Array; readonly value: Uint8Array }>
}

export interface TableOptions {
  readonly log: Log
  readonly kv: KeyValueStore
  readonly topic: Topic
  /** Start of the table's keys in the store, default `table/<topic>`. Processes that share a store may share the table. */
  readonly prefix?: string
}

const text = new TextEncoder()
const decoder = new TextDecoder()
const PAGE = 256
/** Longer keys than the store takes are cut, and told apart by a hash of the whole. */
const LONGEST_KEY_BYTES = 1_600

/** Opens the table, empty where it was never read or belongs to another topic of the same name. */
export async function openTable({ log, kv, topic, prefix = `table/${topic.name}` }: TableOptions): Promise<Table> {
  const table = new StoredTable(log, kv, topic, prefix)
  await table.dropStale()
  return table
}

class StoredTable implements Table {
  private readonly log: Log
  private readonly kv: KeyValueStore
  private readonly topic: Topic
  /** Starts of keys; they hold the topic's identity, so that what is left of a deleted topic is never taken for this one's. */
  private readonly values: Uint8Array
  private readonly progressPrefix: Uint8Array
  private readonly everyProgress: Uint8Array
  private readonly prefix: string
  private last: Promise<void> = Promise.resolve()

  constructor(log: Log, kv: KeyValueStore, topic: Topic, prefix: string) {
    this.log = log
    this.kv = kv
    this.topic = topic
    this.prefix = prefix
    this.values = text.encode(`${prefix}\0v${topic.id}\0`)
    this.everyProgress = text.encode(`${prefix}\0p`)
    this.progressPrefix = text.encode(`${prefix}\0p${topic.id}\0`)
  }

  catchUp(): Promise<void> {
    const done = this.last.then(async () => {
      for (let partition = 0; partition < this.topic.partitions; partition++) await this.catchUpPartition(partition)
    })
    // A failure is for who asked; the next one tries again.
    this.last = done.catch(() => undefined)
    return done
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const stored = this.kv.get(this.keyOf(key))
    return stored === undefined ? undefined : unpack(stored).value
  }

  *entries(prefix: Uint8Array = new Uint8Array(0)): Iterable<{ readonly key: Uint8Array; readonly value: Uint8Array }> {
    const whole = concat(this.values, prefix.subarray(0, LONGEST_KEY_BYTES))
    const end = afterPrefix(whole)
    let start = whole
    for (;;) {
      const page = this.kv.range({ start, end, limit: PAGE })
      for (const entry of page) {
        const { longKey, value } = unpack(entry.value)
        yield { key: longKey ?? entry.key.subarray(this.values.byteLength), value }
      }
      const last = page.at(-1)
      if (last === undefined || page.length < PAGE) return
      start = justAfter(last.key)
    }
  }

  /** Removes what is left of topics that were deleted, and what reaches beyond the end (a log restored from an older copy). */
  async dropStale(): Promise<void> {
    for (const key of this.kv.keys({ start: this.everyProgress, end: afterPrefix(this.everyProgress) })) {
      const [id] = decoder.decode(key.subarray(this.everyProgress.byteLength)).split('\0')
      if (id !== this.topic.id) await this.forget(text.encode(`${this.prefix}\0v${id}\0`), key)
    }
    while (await this.isBeyondEnd()) await this.forgetAll()
  }

  private async isBeyondEnd(): Promise<boolean> {
    for (let partition = 0; partition < this.topic.partitions; partition++) {
      // Before the end is asked for: another process that reads the same table may go on meanwhile, beyond an end that is old by then.
      const { offset } = this.progress(partition)
      const { end } = await this.log.bounds(this.topic, partition)
      if (offset > end) return true
    }
    return false
  }

  private async catchUpPartition(partition: number): Promise<void> {
    const { end } = await this.log.bounds(this.topic, partition)
    let seen = this.progress(partition)
    while (seen.offset < end) {
      const reader = this.log.reader(this.topic, partition, seen.offset)
      const batch = await reader.next()
      const offset = batch?.nextOffset ?? reader.position
      await reader.close()
      const raw = text.encode(String(offset))
      const key = this.progressKey(partition)
      const changes: KeyValueChange[] = batch === null ? [] : this.changesOf(batch)
      changes.push({ key, value: raw })
      // Where another process reads the same table, go on from where it is, never behind it.
      seen = (await this.kv.batch(changes, [{ key, expected: seen.raw }])) ? { raw, offset } : this.progress(partition)
    }
  }

  private changesOf(batch: RecordBatch): KeyValueChange[] {
    const latest = new Map<string, KeyValueChange>()
    for (let i = 0; i < batch.count; i++) {
      const key = batch.bytes.subarray(batch.keyStart[i], batch.keyEnd[i])
      const start = batch.valueStart[i] as number
      const value = start < 0 ? null : pack(key, batch.bytes.subarray(start, batch.valueEnd[i]))
      latest.set(Buffer.from(key).toString('latin1'), { key: this.keyOf(key), value })
    }
    return [...latest.values()]
  }

  /**
   * Empties the table. All at once, and the progress of all partitions with it: values that are gone while a progress says that they
   * were read would be missed for ever. Does nothing where another process changed the table meanwhile.
   */
  private async forgetAll(): Promise<void> {
    const progress = Array.from({ length: this.topic.partitions }, (_, partition) => this.progressKey(partition))
    const unchanged = progress.map((key) => ({ key, expected: this.kv.get(key) ?? null }))
    const values = this.kv.keys({ start: this.values, end: afterPrefix(this.values) })
    await this.kv.batch(
      [...values, ...progress].map((key) => ({ key, value: null })),
      unchanged,
    )
  }

  /** Removes values, then the progress they belong to; stops when another process did so and began anew. */
  private async forget(values: Uint8Array, progressKey: Uint8Array): Promise<void> {
    const condition = { key: progressKey, expected: this.kv.get(progressKey) ?? null }
    for (let going = true; going; ) {
      const keys = this.kv.keys({ start: values, end: afterPrefix(values), limit: PAGE })
      const changes: KeyValueChange[] = keys.map((key) => ({ key, value: null }))
      going = keys.length === PAGE
      if (!going) changes.push({ key: progressKey, value: null })
      if (!(await this.kv.batch(changes, [condition]))) return
    }
  }

  private progress(partition: number): { readonly raw: Uint8Array | null; readonly offset: number } {
    const raw = this.kv.get(this.progressKey(partition)) ?? null
    return { raw, offset: raw === null ? 0 : Number(decoder.decode(raw)) }
  }

  private progressKey(partition: number): Uint8Array {
    return concat(this.progressPrefix, text.encode(String(partition)))
  }

  private keyOf(key: Uint8Array): Uint8Array {
    if (!isLong(key)) return concat(this.values, key)
    const hash = createHash('sha256').update(key).digest()
    return concat(concat(this.values, key.subarray(0, LONGEST_KEY_BYTES)), hash)
  }
}

function isLong(key: Uint8Array): boolean {
  return key.byteLength > LONGEST_KEY_BYTES
}

/** The length of a long key, the key, the value; zero and the value otherwise. */
function pack(key: Uint8Array, value: Uint8Array): Uint8Array {
  const keyBytes = isLong(key) ? key.byteLength : 0
  const packed = new Uint8Array(4 + keyBytes + value.byteLength)
  new DataView(packed.buffer).setUint32(0, keyBytes, true)
  if (keyBytes > 0) packed.set(key, 4)
  packed.set(value, 4 + keyBytes)
  return packed
}

function unpack(packed: Uint8Array): { longKey: Uint8Array | null; value: Uint8Array } {
  const keyBytes = new DataView(packed.buffer, packed.byteOffset).getUint32(0, true)
  return { longKey: keyBytes === 0 ? null : packed.subarray(4, 4 + keyBytes), value: packed.subarray(4 + keyBytes) }
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.byteLength + b.byteLength)
  both.set(a)
  both.set(b, a.byteLength)
  return both
}
