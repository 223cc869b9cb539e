import { randomBytes } from 'node:crypto'
import { setImmediate as breathe } from 'node:timers/promises'
import type { RecordBatch } from '../../core/record-block.ts'
import type { KeyValueStore } from '../../kv/port.ts'
import { assertCompacted, topicGone } from '../errors.ts'
import type { Topic } from '../port.ts'
import { KeyIndex } from './key-index.ts'
import { compactionKey, headKey } from './log-keys.ts'
import { decodeHead } from './partition-head.ts'
import { PartitionRewrite } from './partition-rewrite.ts'
import { countBelow, StoredBlocks } from './stored-blocks.ts'

export interface CompactionOptions {
  readonly tombstoneRetentionMs: number
  readonly memoryBytes: number
}

export interface CompactionResult {
  /** Records found, and records left. */
  readonly before: number
  readonly after: number
}

/**
 * Drops from the log of a compacted topic what a later record of the same key replaced, and tombstones that are old enough.
 * Works beside readers and writers: some blocks are replaced in one transaction, then some more, and all offsets stay.
 */
export async function compactTopic(kv: KeyValueStore, topic: Topic, options: CompactionOptions): Promise<CompactionResult> {
  assertCompacted(topic)
  let before = 0
  let after = 0
  for (let partition = 0; partition < topic.partitions; partition++) {
    const result = await compactPartition(kv, topic, partition, options)
    before += result.before
    after += result.after
  }
  return { before, after }
}

async function compactPartition(
  kv: KeyValueStore,
  topic: Topic,
  partition: number,
  options: CompactionOptions,
): Promise<CompactionResult> {
  // Whoever began last goes on; the one before it finds its token replaced and stops.
  const token = { key: compactionKey(topic.id, partition), expected: randomBytes(12) }
  await kv.batch([{ key: token.key, value: token.expected }])
  const head = kv.get(headKey(topic.id, partition))
  if (head === undefined) throw topicGone(topic)
  const scan: Scan = { blocks: new StoredBlocks(kv, topic, partition), end: decodeHead(head).next }
  const { superseded, records } = await findSuperseded(scan, options)
  const rewrite = new PartitionRewrite(kv, topic, partition, token, superseded, scan.end)
  return { before: records, after: records - (await rewrite.run()) }
}

/** The records below `end`: what comes later is none of this compaction's business. */
interface Scan {
  readonly blocks: StoredBlocks
  readonly end: number
}

/** One bit for each record in order: it is to go. As many passes as the keys need with the memory that is allowed. */
async function findSuperseded(
  scan: Scan,
  { memoryBytes, tombstoneRetentionMs }: CompactionOptions,
): Promise<{ superseded: Uint8Array; records: number }> {
  const oldest = Date.now() - tombstoneRetentionMs
  let superseded = new Uint8Array(0)
  let records = 0
  for (let from = 0; from < 2 ** 32; ) {
    const index = new KeyIndex(from, memoryBytes)
    records = await eachBlock(scan, (batch, count) => {
      for (let i = 0; i < count; i++) {
        index.note(batch.bytes, batch.keyStart[i] as number, batch.keyEnd[i] as number, batch.offsets[i] as number)
      }
    })
    if (superseded.byteLength === 0) superseded = new Uint8Array(Math.ceil(records / 8))
    await eachBlock(scan, (batch, count, before) => {
      for (let i = 0; i < count; i++) {
        const last = index.last(batch.bytes, batch.keyStart[i] as number, batch.keyEnd[i] as number)
        if (last < 0) continue
        const forgotten = (batch.valueStart[i] as number) < 0 && (batch.appendedAt[i] as number) <= oldest
        if ((batch.offsets[i] as number) < last || forgotten) setBit(superseded, before + i)
      }
    })
    from = index.to
  }
  return { superseded, records }
}

/** Calls back with each block, how many of its records count, and how many came before; returns how many there are. */
async function eachBlock(scan: Scan, visit: (batch: RecordBatch, count: number, before: number) => void): Promise<number> {
  let before = 0
  for (let position = 0; ; ) {
    const block = scan.blocks.from(position, scan.end)
    if (block === null) return before
    const count = countBelow(block.batch, scan.end)
    visit(block.batch, count, before)
    before += count
    position = block.batch.nextOffset
    // The process has other things to do as well.
    await breathe()
  }
}

function setBit(bits: Uint8Array, i: number): void {
  bits[i >> 3] = (bits[i >> 3] as number) | (1 << (i & 7))
}
