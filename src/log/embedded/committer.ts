import type { WindrowError } from '../../core/errors.ts'
import { sameBytes } from '../../kv/bytes.ts'
import type { KeyValueChange, KeyValueCondition, KeyValueStore } from '../../kv/port.ts'
import { topicGone, wrongPartition } from '../errors.ts'
import type { Topic, Write } from '../port.ts'
import { BlockAssembler } from './block-assembler.ts'
import { blockKey, headKey } from './log-keys.ts'
import { decodeHead, encodeHead, type PartitionHead } from './partition-head.ts'
import { decodeBlock } from './stored-block.ts'

/** Something that has to happen whole: writes, changes of other keys, and what must hold for it. */
export interface Commit {
  readonly writes: readonly Write[]
  readonly changes: readonly KeyValueChange[]
  /** When one does not hold any more the commit is refused with what `refusal` makes. */
  readonly conditions: readonly KeyValueCondition[]
  readonly refusal: () => WindrowError
}

interface PendingCommit extends Commit {
  readonly bytes: number
  readonly resolve: (bases: number[]) => void
  readonly reject: (error: unknown) => void
}

/** A block is closed beyond this; large records make larger ones. */
const BLOCK_BYTES = 512 * 1024
/** The last block is merged with what is appended while it is smaller than this: about a page of the store. */
const OPEN_TAIL_BYTES = 3_900
/** Commits that wait are applied together up to about this size. */
const GROUP_BYTES = 16 * 1024 * 1024

/**
 * Appends to partitions that other processes append to as well: reads the ends, writes the blocks behind them on
 * condition that the ends are still the same, and begins again where somebody was faster. All commits that wait
 * in this process share one transaction.
 */
export class Committer {
  private readonly kv: KeyValueStore
  private readonly assembler = new BlockAssembler()
  private waiting: PendingCommit[] = []
  private running: Promise<void> | null = null

  constructor(kv: KeyValueStore) {
    this.kv = kv
  }

  commit(commit: Commit): Promise<number[]> {
    return new Promise((resolve, reject) => {
      let bytes = 0
      for (const { topic, partition, block } of commit.writes) {
        if (!Number.isInteger(partition) || partition < 0 || partition >= topic.partitions) throw wrongPartition(topic, partition)
        bytes += block.bytes.byteLength + block.count * 12
      }
      this.waiting.push({ ...commit, bytes, resolve, reject })
      this.running ??= this.run()
    })
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    while (this.running !== null) await this.running
  }

  private async run(): Promise<void> {
    await Promise.resolve()
    while (this.waiting.length > 0) await this.commitGroup(this.takeGroup())
    this.running = null
  }

  private takeGroup(): PendingCommit[] {
    let bytes = 0
    let count = 0
    while (count < this.waiting.length && (count === 0 || bytes < GROUP_BYTES)) {
      bytes += (this.waiting[count] as PendingCommit).bytes
      count++
    }
    return this.waiting.splice(0, count)
  }

  private async commitGroup(group: PendingCommit[]): Promise<void> {
    let left = group
    try {
      while (left.length > 0) {
        left = this.settleRefused(left)
        const plan = new CommitPlan(this.kv, this.assembler, left, Date.now())
        left = plan.commits
        if (left.length === 0 || !(await this.kv.batch(plan.changes, plan.conditions))) continue
        plan.resolve()
        return
      }
    } catch (error) {
      for (const commit of left) commit.reject(error)
    }
  }

  private settleRefused(group: readonly PendingCommit[]): PendingCommit[] {
    return group.filter((commit) => {
      const holds = commit.conditions.every(({ key, expected }) => {
        const value = this.kv.get(key)
        return value === undefined ? expected === null : expected !== null && sameBytes(value, expected)
      })
      if (!holds) commit.reject(commit.refusal())
      return holds
    })
  }
}

interface OpenPartition {
  readonly topic: Topic
  readonly partition: number
  readonly found: Uint8Array
  head: PartitionHead
  readonly writes: Array<Write>
}

/** One attempt: what would be written, given the ends of the partitions as of now. */
class CommitPlan {
  readonly commits: PendingCommit[] = []
  readonly changes: KeyValueChange[] = []
  readonly conditions: KeyValueCondition[] = []
  private readonly bases: number[][] = []
  private readonly partitions = new Map<string, OpenPartition>()

  constructor(kv: KeyValueStore, assembler: BlockAssembler, group: readonly PendingCommit[], now: number) {
    for (const commit of group) this.take(kv, commit)
    for (const open of this.partitions.values()) {
      this.conditions.push({ key: headKey(open.topic.id, open.partition), expected: open.found })
      const head = writeBlocks(kv, assembler, open, now, this.changes)
      this.changes.push({ key: headKey(open.topic.id, open.partition), value: encodeHead(head) })
    }
  }

  resolve(): void {
    this.commits.forEach((commit, i) => {
      commit.resolve(this.bases[i] as number[])
    })
  }

  private take(kv: KeyValueStore, commit: PendingCommit): void {
    const opened: OpenPartition[] = []
    for (const { topic, partition } of commit.writes) {
      const open = this.open(kv, topic, partition)
      if (open === null) {
        commit.reject(topicGone(topic))
        return
      }
      opened.push(open)
    }
    this.bases.push(
      commit.writes.map((write, i) => {
        const open = opened[i] as OpenPartition
        const base = open.head.next
        open.head = { ...open.head, next: base + write.block.count }
        open.writes.push(write)
        return base
      }),
    )
    this.commits.push(commit)
    this.changes.push(...commit.changes)
    this.conditions.push(...commit.conditions)
  }

  private open(kv: KeyValueStore, topic: Topic, partition: number): OpenPartition | null {
    const name = `${topic.id}/${partition}`
    const known = this.partitions.get(name)
    if (known !== undefined) return known
    const found = kv.get(headKey(topic.id, partition))
    if (found === undefined) return null
    const open = { topic, partition, found, head: decodeHead(found), writes: [] }
    this.partitions.set(name, open)
    return open
  }
}

/** Adds the blocks of the partition's writes to the changes; returns the new end. */
function writeBlocks(
  kv: KeyValueStore,
  assembler: BlockAssembler,
  { topic, partition, found, writes }: OpenPartition,
  now: number,
  changes: KeyValueChange[],
): PartitionHead {
  const before = decodeHead(found)
  let next = before.next
  let base = next
  let tailBase = before.tailBase
  let tailBytes = before.tailBytes
  assembler.start(base)
  const tail = before.tailBase >= 0 && before.tailBytes < OPEN_TAIL_BYTES ? readTail(kv, topic, partition, before) : null
  if (tail !== null) {
    base = before.tailBase
    assembler.start(base)
    for (let i = 0; i < tail.count; i++) assembler.addOne(tail, i, tail.offsets[i] as number, tail.appendedAt[i] as number)
  }
  const seal = (): void => {
    const value = assembler.seal(next)
    changes.push({ key: blockKey(topic.id, partition, base), value })
    tailBase = base
    tailBytes = value.byteLength
    base = next
    assembler.start(base)
  }
  for (const { block } of writes) {
    let from = 0
    while (from < block.count) {
      const to = fittingEnd(block, from, BLOCK_BYTES - assembler.byteLength, assembler.records === 0)
      assembler.addRange(block, from, to, next, now)
      next += to - from
      from = to
      if (assembler.byteLength >= BLOCK_BYTES || from < block.count) seal()
    }
  }
  if (assembler.records > 0 && next > before.next && base < next) seal()
  return { next, tailBase, tailBytes, revision: before.revision + 1 }
}

function readTail(kv: KeyValueStore, topic: Topic, partition: number, head: PartitionHead): ReturnType<typeof decodeBlock> {
  const value = kv.get(blockKey(topic.id, partition, head.tailBase))
  const tail = value === undefined ? null : decodeBlock(value)
  // A damaged block stays as it is, for its reader to report; and one that somebody rewrote meanwhile fails the commit anyway.
  return tail !== null && tail.nextOffset === head.next ? tail : null
}

/** How far the records from `from` on fit into `room` bytes; with `atLeastOne` never less than one record. */
function fittingEnd(block: Write['block'], from: number, room: number, atLeastOne: boolean): number {
  let used = 0
  let i = from
  for (; i < block.count; i++) {
    used += sizeOf(block, i)
    if (used > room) break
  }
  return i === from && atLeastOne ? from + 1 : i
}

function sizeOf(block: Write['block'], i: number): number {
  const key = (block.keyEnd[i] as number) - (block.keyStart[i] as number)
  const value = (block.valueEnd[i] as number) - (block.valueStart[i] as number)
  const header = (block.headerEnd[i] as number) - (block.headerStart[i] as number)
  return key + value + header + 16
}
