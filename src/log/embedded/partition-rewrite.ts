import { setImmediate as breathe } from 'node:timers/promises'
import { sameBytes } from '../../kv/bytes.ts'
import type { KeyValueChange, KeyValueCondition, KeyValueStore } from '../../kv/port.ts'
import { topicGone } from '../errors.ts'
import type { Topic } from '../port.ts'
import { BlockAssembler } from './block-assembler.ts'
import { blockKey, headKey } from './log-keys.ts'
import { decodeHead, encodeHead } from './partition-head.ts'
import { countBelow, StoredBlocks } from './stored-blocks.ts'

const BLOCK_BYTES = 512 * 1024
/** Blocks of at least this size of which nothing goes away stay as they are. */
const WORTH_KEEPING_BYTES = 64 * 1024
/** What is read for one transaction at most. */
const INPUT_BYTES = 8 * 1024 * 1024
/** The last block changes with every append; where appends are that dense, it is left for the next time. */
const TAIL_ATTEMPTS = 20

/** Blocks that one new block replaces. */
interface Portion {
  readonly bases: number[]
  /** Of the range of offsets. */
  base: number
  next: number
  /** Records that count, and those of them that go. */
  records: number
  going: number
}

/** Writes the blocks of a partition anew without the records that are marked. */
export class PartitionRewrite {
  private readonly kv: KeyValueStore
  private readonly topic: Topic
  private readonly partition: number
  private readonly token: { readonly key: Uint8Array; readonly expected: Uint8Array }
  private readonly superseded: Uint8Array
  private readonly end: number
  private readonly blocks: StoredBlocks
  private readonly assembler = new BlockAssembler()

  constructor(
    kv: KeyValueStore,
    topic: Topic,
    partition: number,
    token: { readonly key: Uint8Array; readonly expected: Uint8Array },
    superseded: Uint8Array,
    end: number,
  ) {
    this.kv = kv
    this.topic = topic
    this.partition = partition
    this.token = token
    this.superseded = superseded
    this.end = end
    this.blocks = new StoredBlocks(kv, topic, partition)
  }

  /** Returns how many records went. */
  async run(): Promise<number> {
    let gone = 0
    let record = 0
    let position = 0
    let attempts = 0
    for (;;) {
      const foundHead = this.kv.get(headKey(this.topic.id, this.partition))
      if (foundHead === undefined) throw topicGone(this.topic)
      const portion = this.gather(position, record)
      if (portion === null) return gone
      if (portion.going > 0 || portion.bases.length > 1) {
        if (await this.replace(portion, foundHead)) gone += portion.going
        else if (!this.hasToken() || ++attempts === TAIL_ATTEMPTS) return gone
        else continue
      }
      attempts = 0
      position = portion.next
      record += portion.records
      await breathe()
    }
  }

  private hasToken(): boolean {
    const value = this.kv.get(this.token.key)
    return value !== undefined && sameBytes(value, this.token.expected)
  }

  /** Reads the next blocks, and puts what stays of them into the assembler. Null at the end. */
  private gather(position: number, record: number): Portion | null {
    let portion: Portion | null = null
    let read = 0
    while (read < INPUT_BYTES && (portion === null || this.assembler.byteLength < BLOCK_BYTES)) {
      const block = this.blocks.from(portion === null ? position : portion.next, this.end)
      if (block === null) break
      const { base, batch } = block
      const count = countBelow(batch, this.end)
      const first = record + (portion === null ? 0 : portion.records)
      let going = 0
      for (let i = 0; i < count; i++) if (this.isSuperseded(first + i)) going++
      const staysAsItIs = going === 0 && batch.bytes.byteLength >= WORTH_KEEPING_BYTES
      if (portion !== null && staysAsItIs) break
      if (portion === null) {
        portion = { bases: [], base, next: base, records: 0, going: 0 }
        this.assembler.start(base)
      }
      for (let i = 0; i < batch.count && !staysAsItIs; i++) {
        if (i < count && this.isSuperseded(first + i)) continue
        this.assembler.addOne(batch, i, batch.offsets[i] as number, batch.appendedAt[i] as number)
      }
      portion.bases.push(base)
      portion.next = batch.nextOffset
      portion.records += count
      portion.going += going
      read += batch.bytes.byteLength
      if (staysAsItIs) break
    }
    return portion
  }

  /** Puts what stays in the place of the blocks it comes from; false when something of it changed meanwhile. */
  private async replace(portion: Portion, foundHead: Uint8Array): Promise<boolean> {
    const head = decodeHead(foundHead)
    const conditions: KeyValueCondition[] = [this.token]
    const changes: KeyValueChange[] = []
    for (const base of portion.bases) changes.push({ key: blockKey(this.topic.id, this.partition, base), value: null })
    const value = this.assembler.records === 0 ? null : this.assembler.seal(portion.next)
    if (value !== null) changes.push({ key: blockKey(this.topic.id, this.partition, portion.base), value })
    if (portion.bases.includes(head.tailBase)) {
      const key = headKey(this.topic.id, this.partition)
      const tail = value === null ? { tailBase: -1, tailBytes: 0 } : { tailBase: portion.base, tailBytes: value.byteLength }
      conditions.push({ key, expected: foundHead })
      changes.push({ key, value: encodeHead({ next: head.next, revision: head.revision + 1, ...tail }) })
    }
    return this.kv.batch(changes, conditions)
  }

  private isSuperseded(record: number): boolean {
    return ((this.superseded[record >> 3] as number) & (1 << (record & 7))) !== 0
  }
}
