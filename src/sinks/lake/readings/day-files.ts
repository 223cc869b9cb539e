import { DAY_MS, dayText } from '../../../core/calendar.ts'
import type { FileTag, LakeStorage, StoredFile } from '../storage/storage.ts'

/** A UTC day by its number since 1970-01-01; null for what has no time that can be read. */
export type Day = number | null

export interface PartFile extends StoredFile {
  readonly part: number
}

const PART = /^part-(\d{5})\.parquet$/

/** `2025-01-31`, or `unknown`. */
export function dayName(day: Day): string {
  return day === null ? 'unknown' : dayText(day)
}

function dayOf(name: string): Day | undefined {
  if (name === 'unknown') return null
  const time = /^\d{4}-\d{2}-\d{2}$/.test(name) ? Date.parse(`${name}T00:00:00Z`) : Number.NaN
  return Number.isNaN(time) ? undefined : time / DAY_MS
}

/** The files of one layer and topic: `<layer>/<topic>/day=2025-01-31/part-00000.parquet`, as they were listed and as this process wrote them since. */
export class DayFiles {
  private readonly storage: LakeStorage
  private readonly folder: string
  private readonly days = new Map<Day, PartFile[]>()

  private constructor(storage: LakeStorage, folder: string) {
    this.storage = storage
    this.folder = folder
  }

  /** Other files than those that windrow writes are left alone. */
  static async list(storage: LakeStorage, layer: string, topic: string): Promise<DayFiles> {
    const files = new DayFiles(storage, `${layer}/${topic}/`)
    for await (const file of storage.list(files.folder)) {
      const [day = '', name = '', ...deeper] = file.name.slice(files.folder.length).split('/')
      const part = PART.exec(name)?.[1]
      const number = day.startsWith('day=') ? dayOf(day.slice(4)) : undefined
      if (part === undefined || number === undefined || deeper.length > 0) continue
      files.wrote(number, { ...file, part: Number(part) })
    }
    return files
  }

  /** The last part of a day. */
  last(day: Day): PartFile | null {
    return this.days.get(day)?.at(-1) ?? null
  }

  parts(day: Day): readonly PartFile[] {
    return this.days.get(day) ?? []
  }

  /** Days of which there are files. */
  *numbered(): Generator<number> {
    for (const day of this.days.keys()) if (day !== null) yield day
  }

  nameOf(day: Day, part: number): string {
    return `${this.folder}day=${dayName(day)}/part-${String(part).padStart(5, '0')}.parquet`
  }

  /** Puts a local file in place of the last part that was read, or as a part that is not there. Its memory is of no use after a rejection. */
  async store(path: string, day: Day, part: number, bytes: number, before: FileTag | null): Promise<PartFile> {
    const name = this.nameOf(day, part)
    const tag = await this.storage.store(path, name, before === null ? 'none' : { tag: before })
    const file = { name, bytes, tag, part }
    this.wrote(day, file)
    return file
  }

  /** The last part goes first, so that what is left of a day is always its beginning. */
  async remove(day: Day): Promise<void> {
    const names = this.parts(day).map(({ name }) => name)
    for (const name of names.reverse()) await this.storage.remove([name])
    this.days.delete(day)
  }

  private wrote(day: Day, file: PartFile): void {
    const parts = this.days.get(day) ?? []
    const others = parts.filter(({ part }) => part !== file.part)
    this.days.set(
      day,
      [...others, file].sort((a, b) => a.part - b.part),
    )
  }
}
