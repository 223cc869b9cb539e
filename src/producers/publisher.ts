import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../core/clock.ts'
import { isWindrowError } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import { contentHash } from '../events/content-hash.ts'
import { deadLetterKey, encodeDeadLetter } from '../events/dead-letter.ts'
import type { EventType } from '../events/event-type.ts'
import { beyondLimits } from '../events/physical-limits.ts'
import type { Reading } from '../events/reading.ts'
import { type ReadingEncoder, readingEncoder } from '../events/reading-encoder.ts'
import { readingKey, subKeyOf } from '../events/reading-key.ts'
import { MAX_TIME, MIN_TIME } from '../events/reading-limits.ts'
import type { ExclusiveWriter, Topic } from '../log/port.ts'
import { type Cursors, dayOf } from './cursors.ts'
import { PublishBatch } from './publish-batch.ts'
import { addCounts, noCounts, type PublishCounts } from './publish-counts.ts'
import { type Decision, decide } from './revision-rules.ts'
import { type BadInput, badInput, type FoundReading, type Source } from './source.ts'

/** Where an event's readings go, and how they are written. */
export interface EventTarget {
  readonly event: EventType
  readonly topic: Topic
  readonly schemaId: number
}

export interface PublisherParts {
  readonly source: Source
  readonly writer: ExclusiveWriter
  readonly cursors: Cursors
  readonly targets: readonly EventTarget[]
  readonly cursorsTopic: Topic
  readonly deadLetters: { readonly topic: Topic; readonly schemaId: number }
  readonly clock: Clock
  readonly logger: Logger
  /** Default 20,000. */
  readonly maxBatchRecords?: number | undefined
}

export interface PollOptions {
  /** When it aborts, what was taken is committed and the poll ends. */
  readonly signal: AbortSignal
  readonly onProgress?: (done: number, total: number | null, counts: PublishCounts) => void
}

/** A commit is made when this much waits, or after this time: small enough for rows to appear at once, large enough to be cheap. */
const MAX_BATCH_RECORDS = 20_000
const MAX_BATCH_BYTES = 4 * 1024 * 1024
const MAX_BATCH_MS = 250
const ITEMS_PER_LOOK_AT_CLOCK = 128
/** After this long others of the process get their turn: topologies and sinks may run beside a source that has months to say. */
const TURN_MS = 10

/** Readings that wait for the poll's end; beyond, the oldest is decided at once. */
const MAX_DEFERRED = 50_000

interface Target {
  readonly topic: Topic
  readonly encoder: ReadingEncoder<Reading>
}

/**
 * Publishes what a source says as far as it is new or revised: readings, what the cursor remembers of them, and dead letters in one commit,
 * so that nothing is published twice or skipped wherever the process ends. After a throw of `poll` it must not be used again.
 */
export class Publisher {
  private readonly parts: PublisherParts
  private readonly targets: ReadonlyMap<EventType, Target>
  private readonly batch = new PublishBatch()
  private readonly deferred = new Map<string, FoundReading>()
  private waiting = noCounts()
  /** Of the commit under way. */
  private underWay = noCounts()
  private committed = noCounts()
  private commit: Promise<void> = Promise.resolve()
  private failure: { readonly error: unknown } | null = null
  private lastFlush = 0
  private newest = Number.NEGATIVE_INFINITY

  constructor(parts: PublisherParts) {
    this.parts = parts
    this.targets = new Map(
      parts.targets.map(({ event, topic, schemaId }) => [event, { topic, encoder: readingEncoder(event, schemaId) }]),
    )
  }

  /** What the last poll came to, as far as it is committed; also after it threw. */
  get counts(): PublishCounts {
    return this.committed
  }

  /** Start of the newest reading that the source has said, new or not, milliseconds since the epoch; null when it has said none. */
  get newestAt(): number | null {
    return this.newest === Number.NEGATIVE_INFINITY ? null : this.newest
  }

  /** One poll of the source. Throws what the source throws, after all that it said before is committed, or what a commit throws. */
  async poll(options: PollOptions): Promise<PublishCounts> {
    this.committed = noCounts()
    this.underWay = noCounts()
    this.lastFlush = this.parts.clock.monotonic()
    try {
      await this.takeAll(options)
    } catch (error) {
      // What waits for an upstream ends like this: the poll was told to end, it did not fail.
      if (!options.signal.aborted || error !== options.signal.reason) throw error
    } finally {
      // Also when the source failed: what it said before is whole.
      if (this.failure === null) await this.flush()
      await this.commit
    }
    this.throwFailure()
    if (!options.signal.aborted) this.parts.source.published?.()
    return this.committed
  }

  private async takeAll({ signal, onProgress }: PollOptions): Promise<void> {
    const { source, clock, logger, cursors } = this.parts
    const progress = (done: number, total: number | null): void => {
      const counts = { ...this.committed }
      addCounts(counts, this.underWay)
      addCounts(counts, this.waiting)
      onProgress?.(done, total, counts)
    }
    this.deferred.clear()
    const topicIds = this.parts.targets.map(({ topic }) => topic.id)
    const readThrough = cursors.readThrough(source.station, topicIds)
    const recall = (name: string): string | null => cursors.remembered(source.station, topicIds, name)
    // What is deferred is of the time before, so it goes first.
    let through: number | null = null
    let items = 0
    let turnBegan = clock.monotonic()
    for await (const item of source.poll({ clock, logger, signal, readThrough, recall, progress })) {
      if (signal.aborted) return
      if (item.kind === 'through') through = this.takeThrough(item.at, topicIds)
      else if (item.kind === 'remember') cursors.remember(source.station, topicIds, item.name, item.text)
      else if (item.kind === 'bad') this.takeBad(item)
      else this.takeReading(item, false)
      this.throwFailure()
      items += 1
      if (this.isDue(items)) await this.flush()
      if (items % ITEMS_PER_LOOK_AT_CLOCK === 0 && clock.monotonic() - turnBegan >= TURN_MS) {
        await nextTurn()
        turnBegan = clock.monotonic()
      }
    }
    if (signal.aborted) return
    const left = [...this.deferred.values()]
    this.deferred.clear()
    for (const item of left) this.takeReading(item, true)
    if (through !== null) cursors.setReadThrough(source.station, topicIds, through)
  }

  /** Remembers it at once where nothing is deferred; else it is given back, to be remembered after that. */
  private takeThrough(at: number, topicIds: readonly string[]): number | null {
    if (this.deferred.size > 0) return at
    this.parts.cursors.setReadThrough(this.parts.source.station, topicIds, at)
    return null
  }

  private isDue(items: number): boolean {
    if (this.batch.count >= (this.parts.maxBatchRecords ?? MAX_BATCH_RECORDS) || this.batch.byteLength >= MAX_BATCH_BYTES)
      return true
    if (items % ITEMS_PER_LOOK_AT_CLOCK !== 0 || this.batch.count === 0) return false
    return this.parts.clock.monotonic() - this.lastFlush >= MAX_BATCH_MS
  }

  private takeReading(item: FoundReading, isFinal: boolean): void {
    const { event, reading } = item
    const station = readingKey(event, reading)
    const now = this.parts.clock.now()
    if (!(reading.timestamp >= MIN_TIME && reading.timestamp <= MAX_TIME)) {
      // At such a time it has no day; encoding says what is wrong with it.
      this.encode(item, station, reading.revisedAt, now)
      return
    }
    const beyond = beyondLimits(event, reading)
    if (beyond !== null) {
      this.takeBad(badInput(station, item.line, item.bytes?.() ?? readingBytes(reading), beyond))
      return
    }
    const subKey = subKeyOf(event, reading)
    // One station may be known to several events; their readings of one time are different readings.
    const series = subKey === '' ? event.name : `${event.name}/${subKey}`
    const { day, time } = dayOf(reading.timestamp)
    const entry = this.parts.cursors.entry(this.targetOf(event).topic.id, station, day)
    const hash = contentHash(event, reading, { revisedAt: false })
    const decision = decide(entry.day.find(series, time), hash, reading.revisedAt, now, isFinal)
    if (this.deferred.size > 0 || decision.kind === 'defer') this.reconsider(item, station, series, decision.kind)
    if (decision.kind !== 'publish') this.newest = Math.max(this.newest, reading.timestamp)
    if (decision.kind === 'unchanged') this.waiting.unchanged += 1
    else if (decision.kind === 'stale') this.waiting.stale += 1
    else if (decision.kind === 'publish' && this.encode(item, station, decision.published.revisedAt, now)) {
      this.newest = Math.max(this.newest, reading.timestamp)
      entry.day.set(series, time, decision.published)
      this.parts.cursors.changedEntry(entry)
      if (decision.isRevision) this.waiting.revised += 1
      else this.waiting.published += 1
    }
  }

  /** Keeps an item that is to be deferred; anything else but a stale one overtakes what was deferred of its reading. */
  private reconsider(item: FoundReading, station: string, series: string, decision: Decision['kind']): void {
    if (decision === 'stale') return
    const identity = JSON.stringify([station, series, item.reading.timestamp])
    if (this.deferred.delete(identity)) this.waiting.unchanged += 1
    if (decision !== 'defer') return
    this.deferred.set(identity, { ...item, bytes: null })
    if (this.deferred.size <= MAX_DEFERRED) return
    for (const [oldest, deferred] of this.deferred) {
      this.deferred.delete(oldest)
      this.takeReading(deferred, true)
      return
    }
  }

  /** Adds the reading's record. False: it cannot be one, and went to the dead letters. */
  private encode(item: FoundReading, station: string, revisedAt: number | null, now: number): boolean {
    const { event, reading, line, bytes } = item
    const target = this.targetOf(event)
    const given = reading.revisedAt
    try {
      reading.revisedAt = revisedAt
      reading.ingestedAt = now
      this.batch.add(target.topic, station, target.encoder.encode(reading))
      return true
    } catch (error) {
      if (!isWindrowError(error) || !error.code.startsWith('WR_READING_')) throw error
      reading.revisedAt = given
      this.takeBad(badInput(station, line, bytes?.() ?? readingBytes(reading), error))
      return false
    }
  }

  private targetOf(event: EventType): Target {
    const target = this.targets.get(event)
    if (target === undefined) throw new RangeError(`the source ${this.parts.source.name} did not declare its event ${event.name}`)
    return target
  }

  private takeBad(bad: BadInput): void {
    const { cursors, source, deadLetters, clock, logger } = this.parts
    const { station, hash, line, code, message } = bad
    if (cursors.isDeadLettered(station, hash)) {
      this.waiting.deadLetteredBefore += 1
      return
    }
    const origin = { kind: 'source', source: source.name, station, hash } as const
    const input = source.input === undefined ? {} : { input: source.input }
    const letter = {
      origin,
      ...input,
      line,
      code,
      message,
      key: null,
      value: bad.bytes,
      valueLength: bad.byteLength,
      at: clock.now(),
    }
    this.batch.add(deadLetters.topic, deadLetterKey(origin), encodeDeadLetter(letter, deadLetters.schemaId))
    cursors.addDeadLetter(station, hash)
    this.waiting.deadLettered += 1
    logger.warn({ source: source.name, ...input, station, line, code, hash }, message)
  }

  /** Begins to commit what waits, once the commit before is done. */
  private async flush(): Promise<void> {
    await this.commit
    this.throwFailure()
    const { cursors, cursorsTopic, writer, clock } = this.parts
    this.lastFlush = clock.monotonic()
    const counts = this.waiting
    this.waiting = noCounts()
    if (this.batch.count === 0 && !cursors.hasNewNotes) {
      addCounts(this.committed, counts)
      return
    }
    this.underWay = counts
    const batch = cursors.seal((key, value) => this.batch.add(cursorsTopic, key, value))
    this.commit = writer.commit(this.batch.take()).then(
      () => {
        cursors.committed(batch)
        addCounts(this.committed, counts)
        this.underWay = noCounts()
      },
      (error: unknown) => {
        this.failure ??= { error }
      },
    )
    await cursors.trim()
  }

  private throwFailure(): void {
    if (this.failure !== null) throw this.failure.error
  }
}

function readingBytes(reading: Reading): Uint8Array {
  const { ingestedAt: _, ...rest } = reading
  return new TextEncoder().encode(JSON.stringify(rest))
}
