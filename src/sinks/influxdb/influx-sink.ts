import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Topic } from '../../log/port.ts'
import type { Cell, View } from '../../views/view.ts'
import { atBeginning } from '../partition-progress.ts'
import type { MendReport, MendSource, Sink, SinkBatch, SinkClaim, SinkTarget } from '../sink.ts'
import { InfluxClient, type InfluxOptions, whereTags } from './influx-client.ts'
import { fenced, mayBeUnderWay } from './influx-errors.ts'
import { quoteName } from './line-text.ts'
import { mendMeasurement } from './mend-measurement.ts'
import { pointPlan } from './point-plan.ts'
import { FIRST_TIME_MS, LAST_TIME_MS } from './point-time.ts'
import { PointWriter } from './point-writer.ts'
import { prepareBucket } from './prepare-bucket.ts'
import { ProgressPoints } from './progress-points.ts'
import { mending, ViewGate } from './view-gate.ts'
import { influxRows } from './view-rows.ts'

export interface InfluxSinkOptions extends InfluxOptions {
  /** How long a request whose answer was lost may still be under way in a server that answers others. */
  readonly settleMs?: number
  /** How long a comparison deletes points one by one where others are between. */
  readonly gaplessMs?: number
  /** Milliseconds since the epoch. */
  readonly now?: () => number
}

/** Points of which a process remembers what it wrote, some 20 MB, and how many of one partition at least. */
const REMEMBERED = 100_000
const LEAST_REMEMBERED = 500
const DEFAULT_SETTLE_MS = 1_000
const DEFAULT_GAPLESS_MS = 30_000

/** Holds views as measurements of an InfluxDB 2 bucket. */
export function influxSink(options: InfluxSinkOptions): Sink {
  return new InfluxSink(options)
}

/** What is known of one view while this process writes it. */
interface Writing {
  readonly gate: ViewGate
  /** By partition, as of its claim: others may have written before. */
  readonly writers: Map<number, PointWriter>
  /** A request may have been carried out, or may be still. */
  isUncertain: boolean
  /** Of two partitions that begin at once only one may find nothing stored. */
  claims: Promise<unknown>
}

class InfluxSink implements Sink {
  readonly name = 'influxdb'
  readonly store = 'influxdb'
  readonly isFenced = false
  private readonly client: InfluxClient
  private readonly now: () => number
  private readonly holder = randomUUID()
  private readonly settleMs: number
  private readonly gaplessMs: number
  private readonly points: ProgressPoints
  private readonly views = new Map<string, Writing>()
  private viewCount = 1

  constructor(options: InfluxSinkOptions) {
    this.client = new InfluxClient(options)
    this.now = options.now ?? Date.now
    this.gaplessMs = options.gaplessMs ?? DEFAULT_GAPLESS_MS
    this.settleMs = options.settleMs ?? DEFAULT_SETTLE_MS
    this.points = new ProgressPoints(this.client, this.now)
  }

  open(views: readonly View[]): Promise<void> {
    this.viewCount = Math.max(1, views.length)
    return prepareBucket(this.client, views)
  }

  claim(target: SinkTarget, leaseEpoch: number): Promise<SinkClaim> {
    const writing = this.writing(target.view)
    const claimed = writing.claims.then(() => writing.gate.write(() => this.take(target, leaseEpoch, writing)))
    writing.claims = claimed.catch(() => undefined)
    return claimed
  }

  async progress(view: View, topic: Topic): Promise<readonly number[]> {
    const offsets = new Array<number>(topic.partitions).fill(0)
    for (const { partition, topicId, nextOffset } of await this.points.readIfAny(view.name)) {
      if (topicId === topic.id) offsets[partition] = nextOffset
    }
    return offsets
  }

  apply({ target, epoch, rows, nextOffset, last }: SinkBatch): Promise<void> {
    const { view, partition } = target
    const writing = this.writing(view)
    return writing.gate.write(async () => {
      const writer = writing.writers.get(partition)
      // Nothing keeps somebody from writing between this look and the write: then the next comparison mends it.
      if (writer === undefined || (await this.points.epoch(view.name, partition)) !== epoch) throw fenced(view.name, partition)
      await this.certainly(writing, async () => {
        await writer.write(rows)
        await this.points.advance(target, nextOffset, last)
      })
    })
  }

  async mend(source: MendSource, signal: AbortSignal): Promise<MendReport> {
    const { client, points: progress, holder, gaplessMs } = this
    const writing = this.writing(source.view)
    const tools = { client, plan: pointPlan(source.view), progress, gate: writing.gate, holder, gaplessMs }
    await this.settle(writing)
    const report = await this.certainly(writing, () => mendMeasurement(tools, source, signal))
    writing.writers.clear()
    return report
  }

  rows(view: View): AsyncIterable<ReadonlyArray<readonly Cell[]>> {
    return influxRows(this.client, view)
  }

  describe(): string {
    return this.client.describe()
  }

  async close(): Promise<void> {
    this.client.close()
  }

  private async take(target: SinkTarget, leaseEpoch: number, writing: Writing): Promise<SinkClaim> {
    const { view, topic, partition } = target
    await this.settle(writing)
    if (await this.points.isHeld(view.name, this.holder)) throw mending(view.name)
    let stored = await this.points.read(view.name)
    if (stored.length === 0) {
      if (!(await this.isEmpty(view))) return { epoch: 0, progress: null }
      await this.points.setAll(view.name, topic, atBeginning(topic.partitions), stored)
      stored = await this.points.read(view.name)
    }
    const own = stored.find((each) => each.partition === partition)
    if (own === undefined) return { epoch: 0, progress: null }
    const { topicId, nextOffset, updatedAt, last } = own
    if (topicId === topic.id && own.leaseEpoch > leaseEpoch) throw fenced(view.name, partition)
    const epoch = own.epoch + 1
    await this.points.claim(target, epoch, topicId === topic.id ? leaseEpoch : own.leaseEpoch)
    const remembered = Math.max(LEAST_REMEMBERED, Math.floor(REMEMBERED / this.viewCount / topic.partitions))
    writing.writers.set(partition, new PointWriter(this.client, pointPlan(view), remembered))
    return { epoch, progress: { topicId, nextOffset, ageMs: Math.max(0, this.now() - updatedAt), last } }
  }

  private async isEmpty(view: View): Promise<boolean> {
    const where = whereTags([], FIRST_TIME_MS, LAST_TIME_MS)
    for await (const { values } of this.client.query([`SELECT * FROM ${quoteName(view.name)} WHERE ${where} LIMIT 1`])) {
      if (values.length > 0) return false
    }
    return true
  }

  private async certainly<T>(writing: Writing, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (mayBeUnderWay(error)) writing.isUncertain = true
      throw error
    }
  }

  /**
   * A server that was stopped carries out what it finds in its connections when it goes on, also what was given up meanwhile: a delete that is
   * carried out after the write that came next would take its points. So when it answers again it is given the time to be done with that.
   */
  private async settle(writing: Writing): Promise<void> {
    if (!writing.isUncertain) return
    await this.client.ping()
    await delay(this.settleMs)
    writing.isUncertain = false
  }

  private writing(view: View): Writing {
    let writing = this.views.get(view.name)
    if (writing === undefined) {
      writing = { gate: new ViewGate(view.name), writers: new Map(), isUncertain: false, claims: Promise.resolve() }
      this.views.set(view.name, writing)
    }
    return writing
  }
}
