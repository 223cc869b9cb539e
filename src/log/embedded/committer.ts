import type { WindrowError } from '../../core/errors.ts'
import { sameBytes } from '../../kv/bytes.ts'
import type { KeyValueChange, KeyValueCondition, KeyValueStore } from '../../kv/port.ts'
import { topicGone, wrongPartition } from '../errors.ts'
import type { Topic, Write } from '../port.ts'
import { BlockAssembler } from './block-assembler.ts'
import { PartitionAppend } from './partition-append.ts'

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

/** Commits that wait are applied together up to about this size. */
const GROUP_BYTES = 16 * 1024 * 1024

/**
 * Appends to partitions that other processes append to as well: reads the ends, writes behind them on condition that the
 * ends are still the same, and begins again where somebody was faster. All commits that wait in this process share one
 * transaction.
 */
export class Committer {
  private readonly kv: KeyValueStore
  private readonly assembler = new BlockAssembler()
  private waiting: PendingCommit[] = []
  private running: Promise<void> | null = null

  constructor(kv: KeyValueStore) {
    this.kv = kv
  }

  /** Resolves with the offset of the first record of each write, once all is on disk. */
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
    // What is asked for in the same turn of the event loop goes together.
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

  private async commitGroup(group: readonly PendingCommit[]): Promise<void> {
    let commits = group
    let together: CommitsTogether | null = null
    try {
      while (commits.length > 0) {
        const holding = this.settleRefused(commits)
        if (together === null || holding.length < commits.length) together = new CommitsTogether(holding)
        commits = holding
        const gone = together.prepare(this.kv, this.assembler)
        if (gone !== null) commits = rejectWriters(commits, gone)
        if (gone !== null) together = null
        else if (commits.length > 0 && (await this.kv.batch(together.changes, together.conditions))) return together.resolve()
      }
    } catch (error) {
      for (const commit of commits) commit.reject(error)
    }
  }

  private settleRefused(commits: readonly PendingCommit[]): PendingCommit[] {
    return commits.filter((commit) => {
      const holds = commit.conditions.every(({ key, expected }) => {
        const value = this.kv.get(key)
        return value === undefined ? expected === null : expected !== null && sameBytes(value, expected)
      })
      if (!holds) commit.reject(commit.refusal())
      return holds
    })
  }
}

/** Commits that are tried in one transaction, as often as it takes. */
class CommitsTogether {
  changes: KeyValueChange[] = []
  conditions: KeyValueCondition[] = []
  private readonly commits: readonly PendingCommit[]
  private readonly appends = new Map<string, PartitionAppend>()
  /** For each commit and write: where its records go. */
  private readonly places: ReadonlyArray<ReadonlyArray<{ readonly append: PartitionAppend; readonly before: number }>>
  private bases = new Map<PartitionAppend, number>()

  constructor(commits: readonly PendingCommit[]) {
    this.commits = commits
    this.places = commits.map(({ writes }) =>
      writes.map(({ topic, partition, block }) => {
        const name = `${topic.id}/${partition}`
        const append = this.appends.get(name) ?? new PartitionAppend(topic, partition)
        this.appends.set(name, append)
        return { append, before: append.add(block) }
      }),
    )
  }

  /** Sets changes and conditions for the next attempt; returns a topic that does not exist any more, else null. */
  prepare(kv: KeyValueStore, assembler: BlockAssembler): Topic | null {
    this.changes = this.commits.flatMap(({ changes }) => changes)
    this.conditions = this.commits.flatMap(({ conditions }) => conditions)
    this.bases = new Map()
    for (const append of this.appends.values()) {
      const attempt = append.attempt(kv, assembler)
      if (attempt === null) return append.topic
      this.changes.push(...attempt.changes)
      this.conditions.push(attempt.condition)
      this.bases.set(append, attempt.base)
    }
    return null
  }

  resolve(): void {
    this.commits.forEach((commit, i) => {
      const places = this.places[i] ?? []
      commit.resolve(places.map(({ append, before }) => (this.bases.get(append) as number) + before))
    })
  }
}

/** Refuses the commits that write to the topic; returns the others. */
function rejectWriters(commits: readonly PendingCommit[], gone: Topic): PendingCommit[] {
  return commits.filter((commit) => {
    const writes = commit.writes.some(({ topic }) => topic.id === gone.id)
    if (writes) commit.reject(topicGone(gone))
    return !writes
  })
}
