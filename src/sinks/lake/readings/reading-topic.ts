import { DAY_MS } from '../../../core/calendar.ts'
import type { RecordBatch } from '../../../core/record-block.ts'
import { Dictionaries } from '../../../events/dictionaries.ts'
import type { EventType } from '../../../events/event-type.ts'
import type { ReadingBatch } from '../../../events/reading-batch.ts'
import { createReadingDecoder, type ReadingDecoder } from '../../../events/reading-decoder.ts'
import { schemaCache } from '../../../events/schema-cache.ts'
import { utf8Text } from '../../../events/utf8-text.ts'
import type { LogReader, Topic } from '../../../log/port.ts'
import { type LastRecord, lastRecordOf } from '../../last-record.ts'
import type { LakeSession } from '../lake-database.ts'
import { type LakeProgress, type LakeWriter, NOTHING, sumOf, type Written } from '../lake-layer.ts'
import { checkTopicState, StateFile, stateName, type TopicState } from '../state-file.ts'
import { addToBronze } from './bronze-days.ts'
import { type Day, DayFiles } from './day-files.ts'
import { DayWriter } from './day-writer.ts'
import { eachOf } from './each-of.ts'
import { faultTimes } from './fault-time.ts'
import { mergeIntoSilver } from './silver-days.ts'
import { type StagedDay, StagedReadings } from './staged-readings.ts'

export const BRONZE = 'bronze'
export const SILVER = 'silver'

/** So many texts are kept as numbers at most, beside those of one batch to be written. */
const MOST_TEXTS = 500_000

export interface ReadingTopicOptions {
  readonly event: EventType
  readonly topic: Topic
  /** Whole UTC days before the last so many are removed from bronze; null: none ever. */
  readonly keepDays: number | null
}

interface Parts {
  readonly bronze: StateFile<TopicState>
  readonly silver: StateFile<TopicState>
  readonly bronzeDays: DayWriter
  readonly silverDays: DayWriter
  readonly staged: StagedReadings
  readonly readers: readonly LogReader[]
}

/** One topic of readings on its way into bronze and silver. Both are made from one reading of the log, from where the one that is behind is. */
export class ReadingTopic {
  readonly topic: Topic
  private readonly event: EventType
  private readonly keepDays: number | null
  private readonly writer: LakeWriter
  private readonly parts: Parts
  private readonly schemas: ReturnType<typeof schemaCache>
  private readonly timeOfFault: (value: Uint8Array | null) => number | null
  private dictionaries: Dictionaries
  private decoders: readonly ReadingDecoder[] = []
  private readonly positions: number[]
  /** By partition: the last record that was read, if any. */
  private readonly last: Array<LastRecord | null>
  private batch: ReadingBatch | undefined

  private constructor(
    writer: LakeWriter,
    { event, topic, keepDays }: ReadingTopicOptions,
    dictionaries: Dictionaries,
    parts: Parts,
  ) {
    this.writer = writer
    this.event = event
    this.topic = topic
    this.keepDays = keepDays
    this.parts = parts
    this.schemas = schemaCache(writer.log.registry)
    this.timeOfFault = faultTimes(this.schemas)
    this.dictionaries = dictionaries
    this.positions = parts.readers.map(({ position }) => position)
    this.last = parts.readers.map(() => null)
    this.makeDecoders()
  }

  /** `table`: what the names of its tables begin with. */
  static async open(writer: LakeWriter, options: ReadingTopicOptions, table: string): Promise<ReadingTopic> {
    const { storage, database, log, logger } = writer
    const { event, topic } = options
    const claim = (layer: string) =>
      StateFile.claim<TopicState>(writer, stateName(layer, topic.name), (state) => checkTopicState(writer, layer, topic, state))
    const bronze = await claim(BRONZE)
    const silver = await claim(SILVER)
    const daysOf = async (layer: string) =>
      new DayWriter({ storage, database, files: await DayFiles.list(storage, layer, topic.name), layer, topic })
    const bronzeDays = await daysOf(BRONZE)
    const silverDays = await daysOf(SILVER)
    const readers: LogReader[] = []
    for (let partition = 0; partition < topic.partitions; partition++) {
      const { start } = await log.bounds(topic, partition)
      const from = Math.min(bronze.value?.offsets[partition] ?? start, silver.value?.offsets[partition] ?? start)
      if (from > 0 && bronze.value === null) {
        logger.warn({ topic: topic.name, partition, start }, 'the log has lost its beginning: the lake begins with what is left')
      }
      readers.push(log.reader(topic, partition, Math.max(from, start)))
    }
    const dictionaries = new Dictionaries({ withOrigins: true })
    const staged = await StagedReadings.create(event, database, table, dictionaries)
    return new ReadingTopic(writer, options, dictionaries, { bronze, silver, bronzeDays, silverDays, staged, readers })
  }

  get rows(): number {
    return this.parts.staged.rows
  }

  get days(): number {
    return this.parts.staged.dayCount
  }

  /** Whether there is something to write: rows, or that the log went on without any. */
  get hasMoved(): boolean {
    const { bronze, silver } = this.parts
    return this.positions.some(
      (position, partition) => position > Math.min(bronze.value?.offsets[partition] ?? 0, silver.value?.offsets[partition] ?? 0),
    )
  }

  positionOf(partition: number): number {
    return this.positions[partition] as number
  }

  /** False where the partition has no more for now. */
  async read(partition: number): Promise<boolean> {
    const reader = this.parts.readers[partition] as LogReader
    const records = await reader.next(this.writer.tuning.batchBytes)
    if (records !== null) {
      await this.add(partition, records)
      this.last[partition] = lastRecordOf(records) ?? this.last[partition] ?? null
    }
    this.positions[partition] = records?.nextOffset ?? reader.position
    return records !== null
  }

  async flush(): Promise<Written> {
    const { bronze, silver, staged } = this.parts
    const { signal } = this.writer
    const ends = [...this.positions]
    let written = NOTHING
    if (staged.rows > 0) {
      const days = await staged.seal()
      written = sumOf(await this.writeDays(days, ends))
      signal.throwIfAborted()
    }
    for (const state of [bronze, silver]) await state.save(this.stateAt(ends, state.value))
    if (staged.rows > 0) await staged.clear()
    await this.forgetTexts()
    return written
  }

  /** Removes what bronze is not to keep any more. */
  async prune(): Promise<void> {
    const { writer, keepDays } = this
    const { files } = this.parts.bronzeDays
    if (keepDays === null) return
    const old = [...files.numbered()].filter((day) => this.isOld(day)).sort((a, b) => a - b)
    for (const day of old) {
      if (!writer.isHeld()) return
      await files.remove(day)
    }
    if (old.length > 0) {
      writer.logger.info({ topic: this.topic.name, days: old.length }, `bronze keeps ${keepDays} days: older ones were removed`)
    }
  }

  whenMore(signal: AbortSignal): Promise<void> {
    return Promise.race(this.parts.readers.map((reader) => reader.whenMore(signal)))
  }

  progress(): Promise<LakeProgress[]> {
    const { bronze, silver, readers } = this.parts
    return Promise.all(
      readers.map(async (_, partition) => {
        const { end } = await this.writer.log.bounds(this.topic, partition)
        const nextOffset = Math.min(bronze.value?.offsets[partition] ?? 0, silver.value?.offsets[partition] ?? 0)
        return { topic: this.topic.name, partition, nextOffset, endOffset: end, lag: Math.max(0, end - nextOffset) }
      }),
    )
  }

  async close(): Promise<void> {
    for (const reader of this.parts.readers) await reader.close()
    await this.parts.staged.drop()
  }

  private async add(partition: number, records: RecordBatch): Promise<void> {
    const decoder = this.decoders[partition] as ReadingDecoder
    await this.schemas.load(decoder.unknownSchemaIds(records))
    this.batch = decoder.decode(records, this.batch)
    const faults = this.batch.faults.map(({ offset, key, value, code }) => ({
      partition,
      offset,
      key: utf8Text(key, 0, key.byteLength),
      timestamp: this.timeOfFault(value),
      code,
      value,
    }))
    await this.parts.staged.add(partition, this.batch, faults)
  }

  private async writeDays(days: readonly StagedDay[], ends: readonly number[]): Promise<readonly Written[]> {
    const { concurrency } = this.writer.tuning
    const sessions = await Promise.all(
      Array.from({ length: Math.min(concurrency, days.length) }, () => this.writer.database.session()),
    )
    try {
      return await eachOf(days, sessions, (staged, session) => this.writeDay(session, staged, ends), this.writer.signal)
    } finally {
      for (const session of sessions) session.end()
    }
  }

  private async writeDay(session: LakeSession, { day, readings }: StagedDay, ends: readonly number[]): Promise<Written> {
    const { event, topic } = this
    const { bronzeDays, silverDays, staged } = this.parts
    const { fileRows, fileBytes } = this.writer.tuning
    const common = { event, topicId: topic.id, tables: staged.sealed }
    const bronze = this.isOld(day)
      ? NOTHING
      : await addToBronze({ ...common, writer: bronzeDays, fileRows, fileBytes }, session, day, ends)
    const silver =
      readings === 0 || day === null ? NOTHING : await mergeIntoSilver({ ...common, writer: silverDays }, session, day, ends)
    return sumOf([bronze, silver])
  }

  private isOld(day: Day): boolean {
    if (day === null || this.keepDays === null) return false
    return day < Math.floor(this.writer.clock.now() / DAY_MS) - this.keepDays
  }

  /** One of the two may be further, where a try before ended between them. */
  private stateAt(ends: readonly number[], before: TopicState | null): TopicState {
    const offsets = ends.map((end, partition) => Math.max(end, before?.offsets[partition] ?? 0))
    const last = offsets.map((offset, partition) => {
      const read = offset === ends[partition] ? this.last[partition] : null
      return read ?? before?.last?.[partition] ?? null
    })
    return { topic: this.topic.name, topicId: this.topic.id, offsets, last }
  }

  private async forgetTexts(): Promise<void> {
    const { keys, subKeys, places, origins, texts } = this.dictionaries
    if (keys.size + subKeys.size + places.size + (origins?.size ?? 0) + texts.size < MOST_TEXTS) return
    this.dictionaries = new Dictionaries({ withOrigins: true })
    this.batch = undefined
    this.makeDecoders()
    await this.parts.staged.useDictionaries(this.dictionaries)
  }

  private makeDecoders(): void {
    const { event, dictionaries, schemas, topic } = this
    const { partitions } = topic
    this.decoders = this.parts.readers.map((_, partition) =>
      createReadingDecoder({ event, dictionaries, partition, partitions, schemas }),
    )
  }
}
