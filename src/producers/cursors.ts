import { DAY_MS, dayText } from '../core/calendar.ts'
import type { Table } from '../log/table.ts'
import { CursorDay } from './cursor-day.ts'

export const CURSORS_TOPIC = 'producer.cursors'

/** A day of a station in memory. */
export interface CursorEntry {
  readonly key: string
  /** The id of the topic that it was published to: another one, also of the same name, has nothing of it. */
  readonly topicId: string
  readonly station: string
  /** UTC, since 1970-01-01. */
  readonly dayNumber: number
  readonly day: CursorDay
  /** The number of the batch that it was last changed in, 0 when never. */
  batch: number
  memoryBytes: number
}

/** A dead letter was sent for these bytes: the value of its record. */
const DEAD_LETTER_MARK = Uint8Array.of(1)
const DEFAULT_BUDGET_BYTES = 64 * 1024 * 1024
/** Keys of dead letters that are not yet in the table count as this much memory. */
const MARK_BYTES = 200
/** And what a source remembers, with its key, as this much. */
const NOTE_BYTES = 1000
/** Stations of which the entry used last is found at once. */
const MAX_LAST = 10_000

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/**
 * What a source has published, by topic, station and UTC day: a bounded part in memory over the table on disk. What is changed stays in memory
 * until its batch is committed and the table has it.
 */
export class Cursors {
  private readonly source: string
  private readonly table: Table
  private readonly budgetBytes: number
  /** In the order of their last use. */
  private readonly entries = new Map<string, CursorEntry>()
  private readonly marks = new Map<string, number>()
  /** By topic, then station. */
  private readonly lastOfStation = new Map<string, Map<string, CursorEntry>>()
  private memoryBytes = 0
  private changed = new Set<CursorEntry>()
  private newMarks: string[] = []
  /** By key: the latest, and the batch that it is sealed in, null while it is in none. */
  private readonly notes = new Map<string, { text: string; batch: number | null }>()
  private batch = 1
  private committedBatch = 0
  private inTableBatch = 0

  constructor(source: string, table: Table, budgetBytes = DEFAULT_BUDGET_BYTES) {
    this.source = source
    this.table = table
    this.budgetBytes = budgetBytes
  }

  /** The entry of the topic, the station and the UTC day (number since 1970-01-01); a new one where nothing was published. */
  entry(topicId: string, station: string, day: number): CursorEntry {
    // Stations take turns, but each mostly stays within a day: only another day is looked up.
    const lastOfStation = this.lastOf(topicId)
    const last = lastOfStation.get(station)
    if (last !== undefined && last.dayNumber === day) return last
    const key = JSON.stringify([this.source, topicId, station, dayText(day)])
    let entry = this.entries.get(key)
    if (entry === undefined) {
      const bytes = this.table.get(encoder.encode(key))
      const found = bytes === undefined ? new CursorDay() : CursorDay.decode(bytes)
      entry = { key, topicId, station, dayNumber: day, day: found, batch: 0, memoryBytes: found.memoryBytes }
      this.memoryBytes += entry.memoryBytes
    } else this.entries.delete(key)
    this.entries.set(key, entry)
    if (lastOfStation.size >= MAX_LAST) lastOfStation.clear()
    lastOfStation.set(station, entry)
    return entry
  }

  /** To be called after each change of an entry. */
  changedEntry(entry: CursorEntry): void {
    entry.batch = this.batch
    this.memoryBytes += entry.day.memoryBytes - entry.memoryBytes
    entry.memoryBytes = entry.day.memoryBytes
    this.changed.add(entry)
  }

  /** Whether a dead letter was sent for bytes of that hash. */
  isDeadLettered(station: string, hash: string): boolean {
    const key = this.markKey(station, hash)
    return this.marks.has(key) || this.table.get(encoder.encode(key)) !== undefined
  }

  addDeadLetter(station: string, hash: string): void {
    const key = this.markKey(station, hash)
    this.marks.set(key, this.batch)
    this.newMarks.push(key)
  }

  /** Up to which instant the source has said all of the station, as far as it is about these topics; null where it never said. */
  readThrough(station: string, topicIds: readonly string[]): number | null {
    const text = this.note(throughKey(this.source, station, topicIds))
    return text === null ? null : Date.parse(text)
  }

  /** Remembers it; an earlier one than before changes nothing. */
  setReadThrough(station: string, topicIds: readonly string[], at: number): void {
    const before = this.readThrough(station, topicIds)
    if (before === null || at > before) this.setNote(throughKey(this.source, station, topicIds), new Date(at).toISOString())
  }

  /** What the source remembered of the station under that name, as far as it is about these topics; null where it did not. */
  remembered(station: string, topicIds: readonly string[], name: string): string | null {
    return this.note(rememberedKey(this.source, station, topicIds, name))
  }

  remember(station: string, topicIds: readonly string[], name: string, text: string): void {
    const key = rememberedKey(this.source, station, topicIds, name)
    if (this.note(key) !== text) this.setNote(key, text)
  }

  /** Whether something waits to be sealed that is no reading and no dead letter. */
  get hasNewNotes(): boolean {
    for (const { batch } of this.notes.values()) if (batch === null) return true
    return false
  }

  /** Gives the records of all that changed since the last call, and the number of the batch that they belong to. */
  seal(add: (key: string, value: Uint8Array) => void): number {
    for (const entry of this.changed) add(entry.key, entry.day.encode())
    for (const key of this.newMarks) add(key, DEAD_LETTER_MARK)
    for (const [key, note] of this.notes) {
      if (note.batch !== null) continue
      add(key, encoder.encode(note.text))
      note.batch = this.batch
    }
    this.changed = new Set()
    this.newMarks = []
    return this.batch++
  }

  /** The batch, and all before, are in the log. */
  committed(batch: number): void {
    this.committedBatch = batch
  }

  /** Lets go of what was not used for longest until the rest fits into the budget. */
  async trim(): Promise<void> {
    if (this.memoryBytes + this.marks.size * MARK_BYTES + this.notes.size * NOTE_BYTES <= this.budgetBytes) return
    const committed = this.committedBatch
    if (committed > this.inTableBatch) {
      await this.table.catchUp()
      this.inTableBatch = committed
    }
    for (const [key, batch] of this.marks) if (batch <= this.inTableBatch) this.marks.delete(key)
    for (const [key, { batch }] of this.notes) if (batch !== null && batch <= this.inTableBatch) this.notes.delete(key)
    for (const [key, entry] of this.entries) {
      // Some room to spare, so that not every batch has to make some.
      if (this.memoryBytes <= this.budgetBytes * 0.75) break
      if (entry.batch > this.inTableBatch) continue
      this.entries.delete(key)
      this.memoryBytes -= entry.memoryBytes
      const lastOfStation = this.lastOf(entry.topicId)
      if (entry === lastOfStation.get(entry.station)) lastOfStation.delete(entry.station)
    }
  }

  private lastOf(topicId: string): Map<string, CursorEntry> {
    let lastOfStation = this.lastOfStation.get(topicId)
    if (lastOfStation === undefined) {
      lastOfStation = new Map()
      this.lastOfStation.set(topicId, lastOfStation)
    }
    return lastOfStation
  }

  private note(key: string): string | null {
    const known = this.notes.get(key)
    if (known !== undefined) return known.text
    const bytes = this.table.get(encoder.encode(key))
    return bytes === undefined ? null : decoder.decode(bytes)
  }

  private setNote(key: string, text: string): void {
    this.notes.set(key, { text, batch: null })
  }

  private markKey(station: string, hash: string): string {
    return JSON.stringify([this.source, station, `dead-letter ${hash}`])
  }
}

function throughKey(source: string, station: string, topicIds: readonly string[]): string {
  return JSON.stringify([source, station, 'read through', ...topicIds])
}

function rememberedKey(source: string, station: string, topicIds: readonly string[], name: string): string {
  return JSON.stringify([source, station, `remembered ${name}`, ...topicIds])
}

/** The UTC day of an instant and the time since its start. */
export function dayOf(timestamp: number): { readonly day: number; readonly time: number } {
  const day = Math.floor(timestamp / DAY_MS)
  return { day, time: timestamp - day * DAY_MS }
}
