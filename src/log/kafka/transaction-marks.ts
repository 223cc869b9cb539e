import { setTimeout as sleep } from 'node:timers/promises'
import type { Cluster } from './cluster.ts'
import {
  type OffsetPlace,
  type Outcome,
  onceEnded,
  type PartitionOfTopic,
  type ProducerIdentity,
  type TransactionRequests,
} from './transaction-requests.ts'
import { undecidedRecords } from './undecided-records.ts'

/** A mark that is not there after so long is made: others take a millisecond, or longer where brokers have much to do. */
const PATIENCE_MS = 200
const LONGEST_PAUSE_MS = 8

/** Where transactions write. */
export interface Places {
  readonly partitions: readonly PartitionOfTopic[]
  readonly progress: OffsetPlace | null
}

/**
 * Whether the transactions of one producer were marked where they wrote.
 *
 * A coordinator acknowledges a commit, and then marks it in every partition, except where a partition has no leader at that moment:
 * that one it takes for deleted (Kafka 4.3; it happens when the only broker shuts down). The records there are undecided, hold back
 * readers, and share the fate of the producer's next transaction. So nothing is to be written to a partition before the mark of what was
 * written there is seen, and a missing one is made by a transaction without records that ends the same way.
 */
export class TransactionMarks {
  private readonly cluster: Cluster
  private readonly requests: TransactionRequests
  /** How the last transaction ended. */
  private outcome: Outcome = 'abort'
  /** How the last one before this epoch did. */
  private inherited: Outcome = 'abort'
  /** Where the last transaction wrote and its mark was not seen yet. */
  private readonly unmarked = new Map<string, PartitionOfTopic>()
  private unmarkedProgress: OffsetPlace | null = null
  /** Where nothing is undecided but what is unmarked. */
  private readonly decided = new Set<string>()

  constructor(cluster: Cluster, requests: TransactionRequests) {
    this.cluster = cluster
    this.requests = requests
  }

  /** A new epoch: whatever was open ended so. */
  began(outcome: Outcome): void {
    this.outcome = outcome
    this.inherited = outcome
    this.decided.clear()
  }

  /** To be called before a transaction writes there, and where one may have written before this epoch. */
  mayWrite({ partitions, progress }: Places): void {
    for (const one of partitions) this.unmarked.set(nameOf(one), one)
    this.unmarkedProgress = progress
  }

  committed(): void {
    this.outcome = 'commit'
  }

  /** Resolves when nothing is undecided where the last transaction wrote, nor in the partitions that are to be written to. */
  async decide(identity: ProducerIdentity, next: readonly PartitionOfTopic[], signal: AbortSignal): Promise<void> {
    const last = { partitions: [...this.unmarked.values()], progress: this.unmarkedProgress }
    await this.decideOn(identity, last, this.outcome, signal)
    for (const name of this.unmarked.keys()) this.decided.add(name)
    this.unmarked.clear()
    this.unmarkedProgress = null
    const partitions = next.filter((one) => !this.decided.has(nameOf(one)))
    await this.decideOn(identity, { partitions, progress: null }, this.inherited, signal)
    for (const one of partitions) this.decided.add(nameOf(one))
  }

  private async decideOn(identity: ProducerIdentity, places: Places, outcome: Outcome, signal: AbortSignal): Promise<void> {
    if (places.partitions.length === 0 && places.progress === null) return
    const since = performance.now()
    for (let pause = 1; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      const undecided = await this.undecided(identity, places)
      if (undecided === null) return
      signal.throwIfAborted()
      if (performance.now() - since >= PATIENCE_MS) await this.endAgain(identity, undecided, outcome, signal)
      await sleep(pause, undefined, { signal })
    }
  }

  private async undecided({ producerId }: ProducerIdentity, { partitions, progress }: Places): Promise<Places | null> {
    const [records, waits] = await Promise.all([
      undecidedRecords(this.cluster, partitions),
      progress !== null && this.requests.hasUndecidedOffsets(progress),
    ])
    const open = records.filter((one) => one.producerId === producerId)
    return open.length === 0 && !waits ? null : { partitions: open, progress: waits ? progress : null }
  }

  /** The coordinator begins none before it thinks that the one before is marked everywhere. */
  private async endAgain(identity: ProducerIdentity, places: Places, outcome: Outcome, signal: AbortSignal): Promise<void> {
    const { requests } = this
    const { partitions, progress } = places
    if (partitions.length > 0) await onceEnded(() => requests.addPartitions(identity, partitions), signal)
    if (progress !== null) await onceEnded(() => requests.addOffsets(identity, progress), signal)
    await onceEnded(() => requests.end(identity, outcome), signal)
  }
}

function nameOf({ topic, partition }: PartitionOfTopic): string {
  return `${topic.id}/${partition}`
}
