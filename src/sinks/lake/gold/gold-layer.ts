import { WindrowError } from '../../../core/errors.ts'
import { endsOf } from '../../../log/ends-of.ts'
import { readLatest } from '../../../log/latest-records.ts'
import type { Topic, Write } from '../../../log/port.ts'
import type { View } from '../../../views/view.ts'
import { viewTopicLost } from '../../../views/view-topic-lost.ts'
import { viewsCurrent } from '../../../views/views-current.ts'
import type { RefusedRow } from '../../refused-row.ts'
import { fenced } from '../lake-errors.ts'
import type { LakeLayer, LakeProgress, LakeWork, LakeWriter, Written } from '../lake-layer.ts'
import { DEFAULT_GOLD_TUNING, type GoldContext, type GoldTuning } from './gold-context.ts'
import { GoldView } from './gold-view.ts'

export interface GoldLayerOptions {
  readonly views: readonly View[]
  /** Makes the dead letter of a row that no file can have. */
  readonly deadLetter: (row: RefusedRow) => Write
  readonly tuning?: Partial<GoldTuning>
}

/** The views in the lake, as their topics say. */
export function goldLayer(options: GoldLayerOptions): LakeLayer {
  return {
    name: 'gold',
    async open(writer) {
      const work = new GoldWork(writer, options)
      await work.look()
      return work
    },
  }
}

/** How often it is asked whether there is more: what is there waits for the flush anyway. */
const LOOK_MS = 1_000

/** A view as its topic is now. */
interface Followed {
  readonly gold: GoldView
  topic: Topic
  ends: readonly number[]
  /** By the monotonic clock: when the first change that is in no file was seen. */
  waitingSince: number | null
}

class GoldWork implements LakeWork {
  private readonly writer: LakeWriter
  private readonly context: GoldContext
  private readonly views: readonly View[]
  private readonly followed = new Map<string, Followed>()

  constructor(writer: LakeWriter, { views, deadLetter, tuning }: GoldLayerOptions) {
    const { storage, log, clock, logger, epoch, signal, database } = writer
    this.writer = writer
    this.views = views
    this.context = {
      storage,
      log,
      clock,
      logger,
      epoch,
      signal,
      database,
      assertHeld: () => {
        if (!writer.isHeld()) throw fenced('gold', storage.describe())
      },
      tuning: {
        ...DEFAULT_GOLD_TUNING,
        rowsPerFile: writer.tuning.fileRows,
        batchBytes: writer.tuning.batchBytes,
        ...tuning,
      },
      refuse: async (row) => void (await log.append([deadLetter(row)])),
    }
  }

  get buffered(): number {
    return this.all().reduce((sum, each) => sum + (isDue(each) ? Math.max(1, lagOf(each)) : 0), 0)
  }

  /** Only looked at here: a flush reads the topic itself, the last change of each key on disk. */
  async read(): Promise<boolean> {
    await this.look()
    return false
  }

  dueInMs(): number {
    const { clock, tuning } = this.writer
    const due = this.all().filter(isDue)
    if (due.length === 0) return Number.POSITIVE_INFINITY
    if (due.some((each) => each.gold.ends === null || lagOf(each) >= tuning.flushRows)) return 0
    const since = Math.min(...due.map(({ waitingSince }) => waitingSince ?? clock.monotonic()))
    return Math.max(0, since + tuning.flushMs - clock.monotonic())
  }

  async flush(): Promise<Written> {
    await this.writer.confirm()
    const written = { rows: 0, files: 0, bytes: 0 }
    let failure: unknown = null
    for (const each of this.all().filter(isDue)) {
      try {
        const { rows, filesWritten, bytesWritten } = await each.gold.flush(each.topic)
        each.waitingSince = null
        written.rows += rows
        written.files += filesWritten
        written.bytes += bytesWritten
      } catch (error) {
        // One view that cannot be written does not keep the others waiting; a lake that is away or another's would not take them either.
        if (this.writer.signal.aborted || (error instanceof WindrowError && error.canRetry)) throw error
        failure ??= error
      }
    }
    if (failure !== null) throw failure
    return written
  }

  async whenMore(signal: AbortSignal): Promise<void> {
    await this.writer.clock.sleep(LOOK_MS, signal)
  }

  async statuses(): Promise<readonly LakeProgress[]> {
    return this.all().flatMap(({ gold, topic, ends }) =>
      ends.map((endOffset, partition) => {
        const nextOffset = gold.topicId === topic.id ? (gold.ends?.[partition] ?? 0) : 0
        return { topic: topic.name, partition, nextOffset, endOffset, lag: Math.max(0, endOffset - nextOffset) }
      }),
    )
  }

  async close(): Promise<void> {
    this.followed.clear()
  }

  /** Which generations are current, and how far their topics go. */
  async look(): Promise<void> {
    const { log, clock } = this.writer
    const current = await readLatest(log, viewsCurrent)
    for (const view of this.views) {
      const generation = current.get(view.name)
      if (generation === undefined) continue
      const known = this.followed.get(view.name)
      const topic = known?.topic.id === generation.topicId ? known.topic : await log.findTopic(generation.topic)
      if (topic === null || topic.id !== generation.topicId) throw viewTopicLost(view.name, generation.topic)
      const each = known ?? { gold: new GoldView(this.context, view), topic, ends: [], waitingSince: null }
      each.topic = topic
      each.ends = await endsOf(log, topic)
      this.followed.set(view.name, each)
      if (isDue(each)) each.waitingSince ??= clock.monotonic()
    }
  }

  private all(): Followed[] {
    return [...this.followed.values()]
  }
}

/** True before the first flush, too: it is not known yet what the lake has. */
function isDue({ gold, topic, ends }: Followed): boolean {
  const { ends: written } = gold
  return written === null || gold.isTouchDue() || gold.topicId !== topic.id || ends.some((end, i) => end !== written[i])
}

function lagOf({ gold, topic, ends }: Followed): number {
  const written = gold.topicId === topic.id ? gold.ends : null
  return ends.reduce((sum, end, i) => sum + Math.max(0, end - (written?.[i] ?? 0)), 0)
}
