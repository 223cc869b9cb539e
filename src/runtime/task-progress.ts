import { type Ledger, parseLedger } from './ledger.ts'

/** What a task commits with its offset. */
export interface TaskProgress {
  readonly ledger: Ledger
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
  readonly generations?: Readonly<Record<string, number>>
  readonly behind?: Readonly<Record<string, BehindView>>
  readonly stoodStillFor?: string
}

/** The text that is committed: short, since brokers take few bytes. What goes without saying is left out. */
export function taskProgressText({ ledger, generations, behind, stoodStillFor }: TaskProgress): string {
  const later = [...generations].filter(([, generation]) => generation !== 1)
  const stored: StoredProgress = {
    ...ledger,
    ...(later.length === 0 ? {} : { generations: Object.fromEntries(later) }),
    ...(behind.size === 0 ? {} : { behind: Object.fromEntries(behind) }),
    ...(stoodStillFor === null ? {} : { stoodStillFor }),
  }
  return JSON.stringify(stored)
}

/** What a committed text says; nothing for an empty one. */
export function parseTaskProgress(metadata: string): TaskProgress {
  const stored: Partial<StoredProgress> = metadata === '' ? {} : (JSON.parse(metadata) as Partial<StoredProgress>)
  return {
    ledger: parseLedger(metadata),
    generations: new Map(Object.entries(stored.generations ?? {})),
    behind: new Map(Object.entries(stored.behind ?? {})),
    stoodStillFor: stored.stoodStillFor ?? null,
  }
}
