import type { EventType } from '../../../events/event-type.ts'
import { type LakeLayer, type LakeProgress, type LakeWork, type LakeWriter, sumOf, type Written } from '../lake-layer.ts'
import { ReadingTopic } from './reading-topic.ts'

export interface ReadingsLayerOptions {
  /** What is followed: the topic of each event, which need not be there yet. */
  readonly topics: ReadonlyArray<{ readonly event: EventType; readonly topic: string }>
  /** Whole UTC days of event time before the last so many are removed from bronze, never from silver; null: none ever. */
  readonly keepDays: number | null
}

/** Topics that are not there yet are looked for so often, and so often it is looked whether bronze has days that are too old. */
const LOOK_AGAIN_MS = 5_000
const PRUNE_MS = 3_600_000
/** A log that never ends for a moment is written all the same. */
const PATIENCE = 10

/** Bronze and silver: every record of the topics of readings as it came, and the latest revision of every reading. */
export function readingsLayer(options: ReadingsLayerOptions): LakeLayer {
  return {
    name: 'readings',
    async open(writer) {
      const layer = new ReadingsWork(options, writer)
      try {
        await layer.look()
        return layer
      } catch (error) {
        await layer.close()
        throw error
      }
    },
  }
}

class ReadingsWork implements LakeWork {
  private readonly options: ReadingsLayerOptions
  private readonly writer: LakeWriter
  private readonly topics: ReadingTopic[] = []
  /** With `once`: where each topic's partitions ended. */
  private readonly goals = new Map<ReadingTopic, readonly number[]>()
  private lookAt: number
  private pruneAt: number
  private since: number | null = null
  private isAtEnd = false

  constructor(options: ReadingsLayerOptions, writer: LakeWriter) {
    this.options = options
    this.writer = writer
    this.lookAt = writer.clock.monotonic()
    this.pruneAt = options.keepDays === null ? Number.POSITIVE_INFINITY : writer.clock.monotonic()
  }

  get buffered(): number {
    return this.topics.reduce((sum, { rows }) => sum + rows, 0)
  }

  async look(): Promise<void> {
    const { writer, topics, options } = this
    this.lookAt = writer.clock.monotonic() + LOOK_AGAIN_MS
    for (const [i, { event, topic: name }] of options.topics.entries()) {
      if (topics.some(({ topic }) => topic.name === name)) continue
      const topic = await writer.log.findTopic(name)
      if (topic === null) continue
      const opened = await ReadingTopic.open(writer, { event, topic, keepDays: options.keepDays }, `readings_${i}`)
      topics.push(opened)
      const ends = Array.from({ length: topic.partitions }, async (_, p) => (await writer.log.bounds(topic, p)).end)
      if (writer.once) this.goals.set(opened, await Promise.all(ends))
    }
    if (this.isComplete) this.lookAt = Number.POSITIVE_INFINITY
  }

  async read(): Promise<boolean> {
    const { writer } = this
    if (this.lookAt <= writer.clock.monotonic()) await this.look()
    let hasMore = false
    for (const topic of this.topics) {
      for (let partition = 0; partition < topic.topic.partitions; partition++) {
        if (writer.signal.aborted) return false
        const goal = this.goals.get(topic)?.[partition] ?? Number.POSITIVE_INFINITY
        if (topic.positionOf(partition) < goal && (await topic.read(partition))) hasMore = true
      }
    }
    if (this.since === null && this.topics.some(({ hasMoved }) => hasMoved)) this.since = writer.clock.monotonic()
    this.isAtEnd = !hasMore
    return hasMore
  }

  dueInMs(): number {
    const { tuning, clock } = this.writer
    const { buffered } = this
    const files = this.topics.reduce((sum, { days }) => sum + days, 0)
    if (buffered >= tuning.mostRows) return 0
    if (buffered >= tuning.flushRows && buffered >= files * tuning.rowsPerFile) return 0
    const now = clock.monotonic()
    const looks = Math.min(this.pruneAt, this.lookAt) - now
    const writes =
      this.since === null ? Number.POSITIVE_INFINITY : this.since + tuning.flushMs * (this.isAtEnd ? 1 : PATIENCE) - now
    return Math.max(0, Math.min(looks, writes))
  }

  async flush(): Promise<Written> {
    const { clock } = this.writer
    const written: Written[] = []
    for (const topic of this.topics) if (topic.hasMoved) written.push(await topic.flush())
    this.since = null
    if (this.pruneAt <= clock.monotonic()) {
      for (const topic of this.topics) await topic.prune()
      this.pruneAt = clock.monotonic() + PRUNE_MS
    }
    return sumOf(written)
  }

  async whenMore(signal: AbortSignal): Promise<void> {
    const waits = this.topics.map((topic) => topic.whenMore(signal))
    if (waits.length === 0) await this.writer.clock.sleep(LOOK_AGAIN_MS, signal)
    else await Promise.race(waits)
  }

  async statuses(): Promise<readonly LakeProgress[]> {
    return (await Promise.all(this.topics.map((topic) => topic.progress()))).flat()
  }

  async close(): Promise<void> {
    for (const topic of this.topics) await topic.close()
  }

  private get isComplete(): boolean {
    return this.topics.length === this.options.topics.length
  }
}
