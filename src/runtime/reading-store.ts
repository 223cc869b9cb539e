import { DAY_MS, MINUTE_MS } from '../core/calendar.ts'
import { type TimeZone, timeZone } from '../core/time-zone.ts'
import type { Dictionaries } from '../events/dictionaries.ts'
import type { EventType } from '../events/event-type.ts'
import { type ReadingBatch, ROW_INTERVAL, ROW_PLACE, ROW_TIMESTAMP } from '../events/reading-batch.ts'
import type { ReadingView, Runs } from '../streams/changes.ts'
import { ChangeLog } from './change-log.ts'
import type { Ledger } from './ledger.ts'
import type { MemoryBudget } from './memory-budget.ts'
import { Segment } from './segment.ts'
import type { SegmentDisk } from './segment-disk.ts'
import { mergeReadings } from './segment-merge.ts'
import { Series } from './series.ts'

export interface ReadingStoreOptions {
  readonly event: EventType
  readonly dictionaries: Dictionaries
  /** Doubles a row. */
  readonly width: number
  /** Where segments come from and go to; null keeps all in memory. */
  readonly disk: SegmentDisk | null
  readonly budget: MemoryBudget
  /** A reading that ends more than this before the greatest end of its series is too late; Infinity takes all. */
  readonly allowedLatenessMs: number
}

/**
 * The latest revision of every reading of one partition, by series and time: the only state of a task, and a cache of the log. `apply`
 * takes readings in the order of the log; reading is by ranges of time.
 */
export class ReadingStore implements ReadingView {
  readonly event: EventType
  readonly dictionaries: Dictionaries
  readonly width: number
  /** Bytes of the segments in memory. */
  bytes = 0
  private readonly disk: SegmentDisk | null
  private readonly budget: MemoryBudget
  private readonly allowedLatenessMs: number
  private readonly series: Series[] = []
  private readonly byKey: Array<Array<Series | undefined> | undefined> = []
  private readonly resident = new Set<Segment>()
  private readonly touched: Series[] = []
  private readonly zonesOfPlaces: TimeZone[] = []
  private readonly log: ChangeLog
  private batchNumber = 0
  private pendingNext = new Int32Array(1024)
  private readonly pendingSegments: Segment[] = []

  constructor(options: ReadingStoreOptions) {
    this.event = options.event
    this.dictionaries = options.dictionaries
    this.width = options.width
    this.disk = options.disk
    this.budget = options.budget
    this.budget.join(this)
    this.allowedLatenessMs = options.allowedLatenessMs
    this.log = new ChangeLog(options.event, this, options.width)
  }

  /**
   * Takes the readings of a batch and says what they changed. What it returns is valid until the next call. `late` receives the indexes of
   * readings beyond the allowed lateness. With `replay` the readings are known to have been taken before: what a segment from
   * the disk already holds is passed over, so the counts mean nothing.
   */
  apply(batch: ReadingBatch, ledger: Ledger, late: number[], replay: boolean): ChangeLog {
    const { log, width } = this
    this.batchNumber += 1
    log.start(batch)
    if (this.pendingNext.length < batch.count) this.pendingNext = new Int32Array(batch.count)
    const limited = this.allowedLatenessMs !== Number.POSITIVE_INFINITY
    for (let i = 0; i < batch.count; i++) {
      const series = this.seriesAt(batch.keys[i] as number, batch.subKeys[i] as number)
      const base = i * width
      const timestamp = batch.rows[base + ROW_TIMESTAMP] as number
      const interval = batch.rows[base + ROW_INTERVAL] as number
      const end = timestamp + interval * MINUTE_MS
      if (limited && end < series.greatestEnd - this.allowedLatenessMs) {
        ledger.tooLate += 1
        late.push(i)
        continue
      }
      this.notice(series, end, batch.rows[base + ROW_PLACE] as number)
      const day = Math.floor(timestamp / DAY_MS)
      const last = series.last
      const segment = last !== null && last.day === day ? last : this.segmentFor(series, day)
      if (replay && (batch.offsets[i] as number) < segment.offset) continue
      segment.used = this.batchNumber
      segment.offset = (batch.offsets[i] as number) + 1
      segment.dirty = true
      if (timestamp > segment.lastTimestamp) {
        this.append(series, segment, batch, i, timestamp, interval, end)
        log.inserted(batch, i)
        ledger.current += 1
      } else this.postpone(segment, i)
    }
    this.mergePending(batch, ledger)
    return log
  }

  /** Says that the rows of everything up to now have been computed: `watermarkBefore` becomes `watermark`. */
  settle(): void {
    for (const series of this.touched) {
      series.watermarkBefore = this.watermarkOf(series)
      series.touched = false
    }
    this.touched.length = 0
  }

  /** Gives its part of the memory back; the store is not used any more. */
  close(): void {
    this.budget.leave(this)
  }

  get overBudget(): boolean {
    return this.disk !== null && this.budget.excessOf(this) > 0
  }

  /** Lets the coldest segments go until the store is well within its budget. To be called between commits only, so that all it writes is committed. */
  async relieve(): Promise<void> {
    if (this.disk === null) return
    let excess = this.budget.excessOf(this)
    const leaving: Segment[] = []
    for (const segment of [...this.resident].sort((a, b) => a.used - b.used)) {
      if (excess <= 0) break
      leaving.push(segment)
      excess -= segment.byteLength
    }
    await this.disk.save(this.entries(leaving.filter((segment) => segment.dirty)))
    for (const segment of leaving) {
      const series = this.series[segment.series] as Series
      series.release(segment)
      this.resident.delete(segment)
      this.bytes -= segment.byteLength
    }
  }

  /** How many readings a checkpoint would write: all of the segments that changed. */
  unsavedReadings(): number {
    let readings = 0
    for (const segment of this.resident) if (segment.dirty) readings += segment.count
    return readings
  }

  /** Brings the disk up to the memory. `committed` is the offset that everything in memory is below. */
  async checkpoint(committed: number): Promise<void> {
    if (this.disk === null) return
    const dirty = [...this.resident].filter((segment) => segment.dirty)
    const keys = new Map<number, Series[]>()
    for (const series of this.series) {
      if (!series.dirty) continue
      keys.set(series.key, this.allOf(series.key))
    }
    await this.disk.checkpoint(committed, this.entries(dirty), keys)
    for (const segment of dirty) segment.dirty = false
    for (const list of keys.values()) for (const series of list) series.dirty = false
  }

  subKeysOf(key: number): readonly number[] {
    return this.allOf(key).map((series) => series.subKey)
  }

  scan(key: number, subKey: number, from: number, to: number, runs: Runs): void {
    const series = this.known(key, subKey)
    if (series === undefined) return
    const lastDay = Math.floor((to - 1) / DAY_MS)
    for (
      let d = series.dayIndex(Math.floor(from / DAY_MS));
      d < series.days.length && (series.days[d] as number) <= lastDay;
      d++
    ) {
      const segment = this.segmentAt(series, d, false)
      const lo = (series.days[d] as number) * DAY_MS >= from ? 0 : segment.lowerBound(from)
      const hi = segment.lastTimestamp < to ? segment.count : segment.lowerBound(to)
      runs.add(segment.rows, lo, hi)
    }
  }

  nextTimestamp(key: number, subKey: number, from: number): number {
    const series = this.known(key, subKey)
    if (series === undefined) return Number.POSITIVE_INFINITY
    for (
      let d = from === Number.NEGATIVE_INFINITY ? 0 : series.dayIndex(Math.floor(from / DAY_MS));
      d < series.days.length;
      d++
    ) {
      const segment = this.segmentAt(series, d, false)
      const at = segment.lowerBound(from)
      if (at < segment.count) return segment.rows[at * this.width + ROW_TIMESTAMP] as number
    }
    return Number.POSITIVE_INFINITY
  }

  lastTimestamp(key: number, subKey: number): number {
    const series = this.known(key, subKey)
    if (series === undefined || series.days.length === 0) return Number.NEGATIVE_INFINITY
    return this.segmentAt(series, series.days.length - 1, true).lastTimestamp
  }

  watermark(key: number, subKey: number): number {
    const series = this.known(key, subKey)
    return series === undefined ? Number.NEGATIVE_INFINITY : this.watermarkOf(series)
  }

  watermarkBefore(key: number, subKey: number): number {
    const series = this.known(key, subKey)
    if (series === undefined) return Number.NEGATIVE_INFINITY
    this.watermarkOf(series)
    return series.watermarkBefore
  }

  zonesOf(key: number, subKey: number): readonly TimeZone[] {
    return this.known(key, subKey)?.zones ?? []
  }

  zoneOfPlace(place: number): TimeZone {
    let zone = this.zonesOfPlaces[place]
    if (zone === undefined) {
      zone = timeZone(this.dictionaries.places.placeOf(place).timeZone)
      this.zonesOfPlaces[place] = zone
    }
    return zone
  }

  private append(
    series: Series,
    segment: Segment,
    batch: ReadingBatch,
    i: number,
    timestamp: number,
    interval: number,
    end: number,
  ): void {
    const { width } = this
    if ((segment.count + 1) * width > segment.rows.length) this.grow(segment, interval)
    const { rows } = segment
    const source = batch.rows
    for (let to = segment.count * width, from = i * width, stop = from + width; from < stop; from++, to++)
      rows[to] = source[from] as number
    segment.count += 1
    segment.lastTimestamp = timestamp
    if (end > segment.maxEnd) segment.maxEnd = end
    if (end > series.watermark) series.watermark = end
  }

  /** A reading that does not come last in its segment waits until the batch has been gone through, so that a segment is merged once. */
  private postpone(segment: Segment, i: number): void {
    this.pendingNext[i] = -1
    if (segment.pendingHead < 0) {
      segment.pendingHead = i
      this.pendingSegments.push(segment)
    } else this.pendingNext[segment.pendingTail] = i
    segment.pendingTail = i
  }

  private mergePending(batch: ReadingBatch, ledger: Ledger): void {
    for (const segment of this.pendingSegments) {
      const indexes: number[] = []
      for (let i = segment.pendingHead; i >= 0; i = this.pendingNext[i] as number) indexes.push(i)
      segment.pendingHead = -1
      segment.pendingTail = -1
      this.merge(segment, batch, indexes, ledger)
    }
    this.pendingSegments.length = 0
  }

  private merge(segment: Segment, batch: ReadingBatch, indexes: number[], ledger: Ledger): void {
    const series = this.series[segment.series] as Series
    const bytesBefore = segment.byteLength
    const endBefore = segment.maxEnd
    mergeReadings(segment, batch, indexes, this.log, ledger)
    this.bytes += segment.byteLength - bytesBefore
    if (segment.maxEnd < endBefore && series.watermark === endBefore) series.watermark = Number.NaN
    else if (segment.maxEnd > series.watermark) series.watermark = segment.maxEnd
  }

  private grow(segment: Segment, interval: number): void {
    const before = segment.byteLength
    segment.reserve(interval)
    this.bytes += segment.byteLength - before
  }

  private notice(series: Series, end: number, place: number): void {
    if (!series.touched) {
      // What the watermark was has to be known before this reading moves it.
      this.watermarkOf(series)
      series.touched = true
      this.touched.push(series)
    }
    if (end > series.greatestEnd) {
      series.greatestEnd = end
      series.dirty = true
    }
    if (place === series.lastPlace) return
    series.lastPlace = place
    const zone = this.zoneOfPlace(place)
    if (series.zones.includes(zone)) return
    series.zones.push(zone)
    series.dirty = true
  }

  private seriesAt(key: number, subKey: number): Series {
    const ofKey = this.byKey[key]
    return ofKey?.[subKey] ?? this.known(key, subKey) ?? this.newSeries(key, subKey, [])
  }

  /** The series if it has readings, in memory or on disk. */
  private known(key: number, subKey: number): Series | undefined {
    return (this.byKey[key] ?? this.loadKey(key))[subKey]
  }

  private allOf(key: number): Series[] {
    return (this.byKey[key] ?? this.loadKey(key)).filter((series) => series !== undefined)
  }

  private loadKey(key: number): Array<Series | undefined> {
    const ofKey: Array<Series | undefined> = []
    this.byKey[key] = ofKey
    const { dictionaries } = this
    for (const entry of this.disk?.seriesOf(dictionaries.keys.textOf(key)) ?? []) {
      const series = this.newSeries(key, dictionaries.subKeys.idOf(entry.subKey), entry.days)
      series.greatestEnd = entry.greatestEnd
      series.zones.push(...entry.zones.map(timeZone))
    }
    return ofKey
  }

  private newSeries(key: number, subKey: number, days: number[]): Series {
    const series = new Series(this.series.length, key, subKey, days)
    this.series.push(series)
    ;(this.byKey[key] as Array<Series | undefined>)[subKey] = series
    return series
  }

  private watermarkOf(series: Series): number {
    if (!Number.isNaN(series.watermark)) return series.watermark
    // An interval is a day at most, so nothing before the last but one day ends later than what the last day holds.
    let latest = Number.NEGATIVE_INFINITY
    for (let d = Math.max(0, series.days.length - 2); d < series.days.length; d++)
      latest = Math.max(latest, this.segmentAt(series, d, true).maxEnd)
    series.watermark = latest
    if (Number.isNaN(series.watermarkBefore)) series.watermarkBefore = latest
    return latest
  }

  /** The segment that takes readings of this day; a new one where there is none. */
  private segmentFor(series: Series, day: number): Segment {
    const d = series.dayIndex(day)
    if (series.days[d] === day) return this.segmentAt(series, d, true)
    // A day mostly has about as many readings as the day before.
    const before = d > 0 ? (series.segments[d - 1]?.count ?? 0) : 0
    const capacity = before + (before >> 4)
    const segment = new Segment(series.id, day, this.width, new Float64Array(capacity * this.width), 0, 0)
    this.keep(series, segment)
    series.dirty = true
    return segment
  }

  /** The segment of the d-th day. A reader over budget does not keep what it had to fetch. */
  private segmentAt(series: Series, d: number, keep: boolean): Segment {
    const resident = series.segments[d]
    if (resident !== null && resident !== undefined) {
      resident.used = this.batchNumber
      return resident
    }
    const { dictionaries } = this
    const day = series.days[d] as number
    const loaded = (this.disk as SegmentDisk).load(
      dictionaries.keys.textOf(series.key),
      dictionaries.subKeys.textOf(series.subKey),
      day,
    )
    const segment = new Segment(series.id, day, this.width, loaded.rows, loaded.count, loaded.offset)
    if (keep || !this.overBudget) this.keep(series, segment)
    return segment
  }

  private keep(series: Series, segment: Segment): void {
    segment.used = this.batchNumber
    series.put(segment)
    this.resident.add(segment)
    this.bytes += segment.byteLength
  }

  private entries(segments: readonly Segment[]) {
    return segments.map((segment) => {
      const series = this.series[segment.series] as Series
      return {
        key: this.dictionaries.keys.textOf(series.key),
        subKey: this.dictionaries.subKeys.textOf(series.subKey),
        segment,
      }
    })
  }
}
