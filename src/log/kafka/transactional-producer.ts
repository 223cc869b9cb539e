import { setTimeout as sleep } from 'node:timers/promises'
import type { Write } from '../port.ts'
import { BatchSender } from './batch-sender.ts'
import type { ConnectionSettings } from './broker-connection.ts'
import type { Cluster } from './cluster.ts'
import { AnsweredError, commitUnknown, fencedOut, isAnswer, isFence, kafkaFailure } from './kafka-errors.ts'
import { byPartition, type PartitionWrites } from './produce.ts'
import { type Places, TransactionMarks } from './transaction-marks.ts'
import {
  mayPass,
  type OffsetCommit,
  onceEnded,
  type PartitionOfTopic,
  type ProducerIdentity,
  TransactionRequests,
} from './transaction-requests.ts'
import { tryAgain } from './try-again.ts'

const PATIENCE_MS = 60_000
/** An aborted transaction is cleaned up at once, but nobody has to wait long for that: the broker does it by itself. */
const CLEAN_UP_MS = 2_000
/** The marks of a transaction are there after about a millisecond. */
const MARKS_MS = 10

export interface TransactionalProducerOptions {
  readonly cluster: Cluster
  readonly settings: ConnectionSettings
  /** The broker takes writes only from who called `init` last with this id. */
  readonly transactionalId: string
  /** For messages: `air.readings/3 (group engine)`. */
  readonly what: string
}

/** Commits records of several partitions and a group's progress in one transaction. One call at a time. */
export class TransactionalProducer {
  private readonly cluster: Cluster
  private readonly what: string
  private readonly requests: TransactionRequests
  private readonly marks: TransactionMarks
  private readonly sender: BatchSender
  private identity: ProducerIdentity | null = null
  private readonly sequences = new Map<string, number>()
  /** True while a transaction may be open that must not be gone on with. */
  private broken = false
  private background: { readonly stop: AbortController; readonly done: Promise<void> } | null = null

  constructor({ cluster, settings, transactionalId, what }: TransactionalProducerOptions) {
    this.cluster = cluster
    this.what = what
    this.requests = new TransactionRequests(cluster, settings, transactionalId)
    this.marks = new TransactionMarks(cluster, this.requests)
    this.sender = new BatchSender(cluster)
  }

  /**
   * Takes the id over: whoever had it writes nothing any more, and what it had not committed is gone. `places`: where it writes;
   * nothing of it is undecided there afterwards.
   */
  async init(signal: AbortSignal, places: Places): Promise<void> {
    await this.endBackground()
    this.identity = null
    await this.begin(PATIENCE_MS, signal)
    this.marks.mayWrite(places)
    await tryAgain(() => this.marks.decide(this.held(), [], signal), { after: mayPass, forMs: PATIENCE_MS, signal })
  }

  /**
   * All or nothing; resolves with the base offset of each write. WR_FENCED: nothing was written. WR_COMMIT_UNKNOWN: nobody knows.
   * Anything else: nothing was written. While brokers are away it goes on trying until the signal aborts.
   */
  async commit(writes: readonly Write[], offsets: OffsetCommit | null, signal: AbortSignal): Promise<number[]> {
    const grouped = byPartition(writes, this.cluster.maxBatchBytes)
    if (grouped.length === 0 && offsets === null) return baseOffsets(writes, grouped, new Map())
    await this.endBackground()
    try {
      const bases = await tryAgain(() => this.attempt(grouped, offsets, signal), { after: mayPass, forMs: PATIENCE_MS, signal })
      await this.end(signal)
      this.marks.committed()
      this.decideSoon()
      return baseOffsets(writes, grouped, bases)
    } catch (error) {
      if (isFence(error)) throw fencedOut(this.what, error)
      if (this.broken && !signal.aborted) {
        // The failure that is thrown is the one that counts; an open transaction ends by itself at its time-out.
        await this.begin(CLEAN_UP_MS, signal).catch(() => undefined)
        if (!this.broken) this.decideSoon()
      }
      throw kafkaFailure(error, writes[0]?.topic)
    }
  }

  /** Waits a moment until the marks of the last commit are there. */
  async close(): Promise<void> {
    await this.endBackground()
    if (this.identity !== null && !this.broken) {
      // What stays undecided is decided by who takes the id over.
      const signal = AbortSignal.timeout(CLEAN_UP_MS)
      await tryAgain(() => this.marks.decide(this.held(), [], signal), { after: mayPass, forMs: CLEAN_UP_MS, signal }).catch(
        () => undefined,
      )
    }
    this.requests.close()
    this.sender.close()
  }

  /** A new epoch: ends what is open, and lets the batches be counted from 0 again. */
  private async begin(forMs: number, signal: AbortSignal): Promise<void> {
    const patience = { after: mayPass, forMs, signal }
    const outcome = await tryAgain(() => this.requests.lastOutcome(), patience)
    this.identity = await tryAgain(() => this.requests.init(this.identity), patience)
    this.marks.began(outcome)
    this.sequences.clear()
    this.broken = false
  }

  /** Everything but the end of the transaction. */
  private async attempt(
    grouped: readonly PartitionWrites[],
    offsets: OffsetCommit | null,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<PartitionWrites, readonly number[]>> {
    if (this.broken) await this.begin(PATIENCE_MS, signal)
    // Leaders are asked for first: of a topic that is gone, the transaction need not know.
    for (const { topic, partition } of grouped) await this.cluster.leaderOf(topic, partition)
    await this.marks.decide(this.held(), grouped, signal)
    try {
      const identity = this.held()
      this.marks.mayWrite({ partitions: grouped, progress: offsets })
      this.broken = true
      if (grouped.length > 0) await onceEnded(() => this.requests.addPartitions(identity, grouped), signal)
      const bases = await this.sendAll(identity, grouped, offsets, signal)
      this.broken = false
      return bases
    } catch (error) {
      if (isAnswer(error, 'UNKNOWN_TOPIC_OR_PARTITION')) for (const { topic } of grouped) this.cluster.forget(topic)
      throw error
    }
  }

  /** Nothing is under way any more when it rejects. */
  private async sendAll(
    identity: ProducerIdentity,
    grouped: readonly PartitionWrites[],
    offsets: OffsetCommit | null,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<PartitionWrites, readonly number[]>> {
    // Not AbortSignal.any, which would hold on to memory with every commit for as long as the lease is held.
    const ending = new AbortController()
    const end = (): void => ending.abort()
    signal.addEventListener('abort', end)
    if (signal.aborted) end()
    const stop = (error: unknown): never => {
      end()
      throw error
    }
    const next = (one: PartitionWrites, records: number) => ({
      ...identity,
      sequence: this.nextSequence(one, records),
      transactional: true,
    })
    const [sent, told] = await Promise.allSettled([
      this.sender.send(grouped, this.requests.id, next).catch(stop),
      offsets === null ? null : this.sendOffsets(identity, offsets, ending.signal).catch(stop),
    ])
    signal.removeEventListener('abort', end)
    if (sent.status === 'rejected') throw sent.reason
    if (told.status === 'rejected') throw told.reason
    return sent.value
  }

  private async sendOffsets(identity: ProducerIdentity, offsets: OffsetCommit, signal: AbortSignal): Promise<void> {
    await onceEnded(() => this.requests.addOffsets(identity, offsets), signal)
    await onceEnded(() => this.requests.commitOffsets(identity, offsets), signal)
  }

  /** The one request that decides: after an answer that was lost it is asked again, which is harmless. */
  private async end(signal: AbortSignal): Promise<void> {
    let lost: unknown = null
    try {
      await tryAgain(() => this.requests.end(this.held(), 'commit'), {
        after: (error) => {
          if (!(error instanceof AnsweredError)) lost = error
          return mayPass(error)
        },
        forMs: PATIENCE_MS,
        signal,
      })
    } catch (error) {
      this.broken = true
      if (!(error instanceof AnsweredError)) lost = error
      if (lost !== null) throw commitUnknown(this.what, lost)
      throw isAnswer(error, 'INVALID_TXN_STATE') ? fencedOut(this.what, error) : error
    }
  }

  /** Whoever reads must not wait for the next commit. */
  private decideSoon(): void {
    const stop = new AbortController()
    const { signal } = stop
    const decide = async (): Promise<void> => {
      await sleep(MARKS_MS, undefined, { signal, ref: false })
      await tryAgain(() => this.marks.decide(this.held(), [], signal), {
        after: mayPass,
        forMs: Number.POSITIVE_INFINITY,
        signal,
      })
    }
    // The next commit does it itself before anything else, and tells what is wrong.
    this.background = { stop, done: decide().catch(() => undefined) }
  }

  private async endBackground(): Promise<void> {
    const { background } = this
    this.background = null
    background?.stop.abort()
    await background?.done
  }

  private held(): ProducerIdentity {
    if (this.identity === null) throw new Error(`${this.what}: commit before init`)
    return this.identity
  }

  private nextSequence(one: PartitionOfTopic, records: number): number {
    const name = `${one.topic.id}/${one.partition}`
    const sequence = this.sequences.get(name) ?? 0
    // Counted in 31 bits, beginning anew after the greatest.
    this.sequences.set(name, (sequence + records) % 2 ** 31)
    return sequence
  }
}

/** The offset of each write's first record; of a write without records -1. */
export function baseOffsets(
  writes: readonly Write[],
  grouped: readonly PartitionWrites[],
  bases: ReadonlyMap<PartitionWrites, readonly number[]>,
): number[] {
  const result: number[] = new Array(writes.length).fill(-1)
  for (const one of grouped) {
    for (const { write, batch, index } of one.firsts) result[write] = (bases.get(one)?.[batch] as number) + index
  }
  return result
}
