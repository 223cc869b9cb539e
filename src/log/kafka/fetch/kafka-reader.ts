import { setMaxListeners } from 'node:events'
import type { RecordBatch } from '../../../core/record-block.ts'
import { fitBatch, sliceBatch } from '../../../core/slice-batch.ts'
import { logClosed, offsetOutOfRange } from '../../errors.ts'
import type { LogReader, Topic } from '../../port.ts'
import type { Cluster } from '../cluster.ts'
import type { PartitionAnswer } from './fetch-answer.ts'
import { corrupt } from './fetch-errors.ts'
import { FetchedBatches } from './fetched-batches.ts'
import { PartitionFetch } from './partition-fetch.ts'
import { firstBatchBytes } from './record-batch-header.ts'

const DEFAULT_BYTES = 1024 * 1024
const MOST_FETCH_BYTES = 8 * 1024 * 1024
/** How long a Fetch waits at the broker for something new. */
const LONG_POLL_MS = 500

/** A Fetch that was sent before anybody asked for its answer. */
interface Ahead {
  readonly answer: Promise<PartitionAnswer | 'out of range'>
  readonly isLongPoll: boolean
  settled: boolean
}

/**
 * Reads a partition of a Kafka topic as `read_committed` does: record batches are taken apart into columns, without an object a record.
 * While a batch is being worked on, the next Fetch is under way; at most those two answers are in memory.
 */
export function kafkaReader(cluster: Cluster, topic: Topic, partition: number, from?: number): LogReader {
  return new KafkaReader(cluster, topic, partition, from)
}

class KafkaReader implements LogReader {
  private readonly cluster: Cluster
  private readonly topic: Topic
  private readonly partition: number
  private readonly fetch: PartitionFetch
  private at: number
  /** Where the next Fetch begins; beyond `at` while there is something to hand out. */
  private fetchAt: number
  private fetchBytes = DEFAULT_BYTES
  /** False while the start of the partition has not been looked up, though reading begins there. */
  private started: boolean
  private fetched: FetchedBatches | null = null
  private rest: RecordBatch | null = null
  private ahead: Ahead | null = null
  private closed = false

  constructor(cluster: Cluster, topic: Topic, partition: number, from: number | undefined) {
    this.cluster = cluster
    this.topic = topic
    this.partition = partition
    this.fetch = new PartitionFetch(cluster, topic, partition)
    this.started = from !== undefined
    this.at = from ?? 0
    this.fetchAt = this.at
  }

  get position(): number {
    return this.at
  }

  async next(maxBytes: number = DEFAULT_BYTES): Promise<RecordBatch | null> {
    this.fetchBytes = Math.min(Math.max(maxBytes, this.fetchBytes), MOST_FETCH_BYTES)
    for (;;) {
      if (this.closed) return null
      this.rest ??= this.fetched?.take(maxBytes) ?? null
      if (this.rest !== null) return this.handOut(this.rest, maxBytes)
      this.fetched = null
      this.at = this.fetchAt
      if (!(await this.receive())) return null
    }
  }

  async whenMore(signal: AbortSignal): Promise<void> {
    // One signal may well end the waits of many partitions.
    setMaxListeners(0, signal)
    while (!this.closed && !signal.aborted && this.rest === null && this.fetched === null) {
      this.ahead ??= this.send(LONG_POLL_MS)
      const { answer } = this.ahead
      const found = await orAborted(answer, signal)
      if (found !== 'nothing') return
      this.ahead = null
    }
    if (this.cluster.closed.aborted) throw logClosed()
  }

  async close(): Promise<void> {
    this.closed = true
    this.rest = null
    this.fetched = null
    this.ahead = null
    this.fetch.close()
  }

  private handOut(batch: RecordBatch, maxBytes: number): RecordBatch {
    const to = batch.bytes.byteLength <= maxBytes ? batch.count : fitBatch(batch, 0, maxBytes)
    const part = sliceBatch(batch, 0, to)
    this.rest = to === batch.count ? null : sliceBatch(batch, to, batch.count)
    this.at = part.nextOffset
    return part
  }

  /** Gets the next answer; false when there is nothing to read for now. */
  private async receive(): Promise<boolean> {
    try {
      for (;;) {
        const before = await this.answerAhead()
        if (before === null) return false
        const answer = before ?? (await this.send(0).answer)
        if (this.closed) return false
        if (answer === 'out of range') {
          await this.begin()
          continue
        }
        this.started = true
        if (this.accept(answer)) return true
        // An answer to what was asked before this call does not know what was appended since.
        if (before === undefined) return false
      }
    } catch (error) {
      if (this.closed && !this.cluster.closed.aborted) return false
      throw this.cluster.closed.aborted ? logClosed() : error
    }
  }

  /** The answer to what was asked ahead; undefined when nothing was, null when it waits for something that is not there. */
  private async answerAhead(): Promise<PartitionAnswer | 'out of range' | undefined | null> {
    const { ahead } = this
    if (ahead === null) return undefined
    if (ahead.isLongPoll && !ahead.settled) {
      const { end } = await this.cluster.bounds(this.topic, this.partition)
      if (end <= this.fetchAt) return null
    }
    try {
      return await ahead.answer
    } finally {
      this.ahead = null
    }
  }

  /** Takes an answer in and sends the next Fetch; false when it holds nothing. */
  private accept(answer: PartitionAnswer): boolean {
    const { view, recordsStart, recordsEnd } = answer
    if (recordsStart === recordsEnd) return false
    const fetched = new FetchedBatches(answer, this.fetchAt)
    if (fetched.nextOffset === this.fetchAt) {
      // Not even one batch is whole: brokers that send a first batch cut off want to be asked for more.
      const needed = firstBatchBytes(view, recordsStart, recordsEnd)
      if (needed <= this.fetchBytes) throw corrupt('it is cut off', this.fetchAt)
      this.fetchBytes = needed
      this.ahead = this.send(0)
      return true
    }
    this.fetched = fetched
    this.fetchAt = fetched.nextOffset
    if (this.fetchAt < answer.lastStableOffset) this.ahead = this.send(0)
    return true
  }

  private send(maxWaitMs: number): Ahead {
    const isOffset = Number.isSafeInteger(this.fetchAt) && this.fetchAt >= 0
    const answer = !isOffset
      ? Promise.resolve('out of range' as const)
      : this.fetch.fetch({ offset: this.fetchAt, maxBytes: this.fetchBytes, maxWaitMs })
    const ahead: Ahead = { answer, isLongPoll: maxWaitMs > 0, settled: false }
    const settle = (): void => {
      ahead.settled = true
    }
    // A failure is for whoever asks for the answer; until then nobody is there to hear.
    answer.then(settle, settle)
    return ahead
  }

  /** After OFFSET_OUT_OF_RANGE: reading that was to begin at the start, wherever it is, begins there. */
  private async begin(): Promise<void> {
    const { start, end } = await this.cluster.bounds(this.topic, this.partition)
    if (this.started) throw offsetOutOfRange(this.topic, this.partition, this.fetchAt, end, start)
    this.fetchAt = start
    this.at = start
  }
}

/** Whether the answer, when it comes, has something to say; `aborted` when the signal is first. */
function orAborted(
  answer: Promise<PartitionAnswer | 'out of range'>,
  signal: AbortSignal,
): Promise<'something' | 'nothing' | 'aborted'> {
  return new Promise((resolve) => {
    const abort = (): void => resolve('aborted')
    signal.addEventListener('abort', abort, { once: true })
    const finish = (found: 'something' | 'nothing'): void => {
      signal.removeEventListener('abort', abort)
      resolve(found)
    }
    answer.then(
      (found) => finish(found !== 'out of range' && found.recordsStart === found.recordsEnd ? 'nothing' : 'something'),
      // It is thrown by the next call of `next`.
      () => finish('something'),
    )
  })
}
