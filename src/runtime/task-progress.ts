import { type Ledger, parseLedger } from './ledger.ts'

/** What a task commits with its offset. */
export interface TaskProgress {
  readonly ledger: Ledger
  /** The allowed lateness that it was counted with, and that the dead letters are of; Infinity: none. Null where that is not known. */
  readonly allowedLatenessMs: number | null
  /** The generation of each view that has the rows of everything up to the offset; 1 where none is named. */
  readonly generations: ReadonlyMap<string, number>
  /** Views of which another generation is being brought up to the offset, and where it stands. */
  readonly behind: ReadonlyMap<string, BehindView>
  /** What the replay asked for which the task stands still, or last stood. */
  readonly stoodStillFor: string | null
}

export interface BehindView {
  readonly generation: number
  /** The first offset that its rows know nothing of. */
  readonly offset: number
}

interface StoredProgress extends Ledger {
  /** Null: counting again was begun. Absent: it is unlimited, or of before this was told. */
  readonly allowedLatenessMs?: number | null
  readonly generations?: Readonly<Record<string, number>>
  readonly behind?: Readonly<Record<string, BehindView>>
  readonly stoodStillFor?: string
}

/** The text that is committed: short, since brokers take few bytes. What goes without saying is left out. */
export function taskProgressText({ ledger, allowedLatenessMs, generations, behind, stoodStillFor }: TaskProgress): string {
  const later = [...generations].filter(([, generation]) => generation !== 1)
  const stored: StoredProgress = {
    ...ledger,
    ...(allowedLatenessMs === Number.POSITIVE_INFINITY ? {} : { allowedLatenessMs }),
    ...(later.length === 0 ? {} : { generations: Object.fromEntries(later) }),
    ...(behind.size === 0 ? {} : { behind: Object.fromEntries(behind) }),
    ...(stoodStillFor === null ? {} : { stoodStillFor }),
  }
  return JSON.stringify(stored)
}

/** What a committed text says; nothing for an empty one. */
export function parseTaskProgress(metadata: string): TaskProgress {
  const stored: Partial<StoredProgress> = metadata === '' ? {} : (JSON.parse(metadata) as Partial<StoredProgress>)
  const ledger = parseLedger(metadata)
  // What was counted with a limit that met no reading is the same as what is counted without.
  const unsaid = ledger.tooLate === 0 ? Number.POSITIVE_INFINITY : null
  return {
    ledger,
    allowedLatenessMs: stored.allowedLatenessMs === undefined ? unsaid : stored.allowedLatenessMs,
    generations: new Map(Object.entries(stored.generations ?? {})),
    behind: new Map(Object.entries(stored.behind ?? {})),
    stoodStillFor: stored.stoodStillFor ?? null,
  }
}
