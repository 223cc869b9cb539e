import { rm, stat } from 'node:fs/promises'
import type { Topic } from '../../../log/port.ts'
import { type LakeDatabase, type LakeSession, sqlText } from '../lake-database.ts'
import { changed } from '../lake-errors.ts'
import type { Written } from '../lake-layer.ts'
import { ofOtherLog } from '../state-file.ts'
import type { LakeStorage } from '../storage/storage.ts'
import { type DayFileNote, noteSql, readNote } from './day-file-note.ts'
import type { Day, DayFiles, PartFile } from './day-files.ts'

/** A file of a day as it was fetched: a local copy of exactly what its tag stands for. */
export interface FetchedPart {
  readonly file: PartFile
  readonly path: string
  readonly note: DayFileNote
}

export interface DayWriterOptions {
  readonly storage: LakeStorage
  readonly database: LakeDatabase
  readonly files: DayFiles
  readonly layer: string
  readonly topic: Topic
}

/** Reads and replaces the files of days, of one layer and topic. */
export class DayWriter {
  readonly files: DayFiles
  private readonly options: DayWriterOptions
  /** What files say of themselves, by name, for as long as the tag is the same. */
  private readonly notes = new Map<string, { readonly tag: string; readonly note: DayFileNote }>()

  constructor(options: DayWriterOptions) {
    this.options = options
    this.files = options.files
  }

  /** What the day's last part says, without fetching it where that is known. Null where there is none. */
  async lastNote(session: LakeSession, day: Day): Promise<{ readonly file: PartFile; readonly note: DayFileNote } | null> {
    const file = this.files.last(day)
    if (file === null) return null
    const known = this.notes.get(file.name)
    if (known?.tag === file.tag) return { file, note: known.note }
    return this.fetched(session, file, ({ note }) => Promise.resolve({ file, note }))
  }

  /** Rejects with WR_LAKE_CHANGED where the file is not the one that was listed. */
  async fetched<T>(session: LakeSession, file: PartFile, use: (part: FetchedPart) => Promise<T>): Promise<T> {
    const { storage, database, topic, layer } = this.options
    const path = database.scratchPath()
    try {
      const tag = await storage.fetch(file.name, path)
      if (tag !== file.tag) throw changed(file.name, storage.describe())
      const note = await readNote(session, path, file.name)
      if (note.topicId !== topic.id) throw ofOtherLog(`The ${layer} files of ${topic.name}`, storage.describe(), topic.name)
      this.notes.set(file.name, { tag, note })
      return await use({ file, path, note })
    } finally {
      await rm(path, { force: true })
    }
  }

  /** Writes what the query gives as a part of the day; `before`: the one that it replaces. */
  async replace(
    session: LakeSession,
    day: Day,
    part: number,
    query: string,
    note: DayFileNote,
    before: PartFile | null,
  ): Promise<Written> {
    const { database } = this.options
    const path = database.scratchPath()
    try {
      await session.run(`COPY (${query}) TO ${sqlText(path)} (FORMAT parquet, COMPRESSION zstd, ${noteSql(note)})`)
      const bytes = (await stat(path)).size
      const file = await this.files.store(path, day, part, bytes, before?.tag ?? null)
      this.notes.set(file.name, { tag: file.tag, note })
      return { rows: 0, files: 1, bytes }
    } finally {
      await rm(path, { force: true })
    }
  }
}

/** Rows `s` that a day has nothing of yet. */
export function after(day: Day, next: readonly number[]): string {
  const isDay = day === null ? 's.day IS NULL' : `s.day = ${day}`
  const cases = next.map((offset, partition) => `WHEN ${partition} THEN s.off >= ${offset}`)
  return cases.length === 0 ? isDay : `${isDay} AND CASE s.part ${cases.join(' ')} ELSE true END`
}

/** Rows `s` before these offsets. */
export function before(ends: readonly number[]): string {
  const cases = ends.map((offset, partition) => `WHEN ${partition} THEN s.off < ${offset}`)
  return `CASE s.part ${cases.join(' ')} ELSE false END`
}

/** Whether rows up to the ends may be there that the day has nothing of. */
export function hasAll(next: readonly number[], ends: readonly number[]): boolean {
  return ends.every((end, partition) => (next[partition] ?? 0) >= end)
}
