import { type CommitKind, CRASH_POINTS, type CrashPlan } from '../../src/testing/crashing-log.ts'
import type { Random } from './random.ts'

/** Where the local store fails: a crash before or after a save, a disk without room for a while, or a store that breaks. */
export interface StoreCrashPlan {
  readonly point: 'before-save' | 'after-save' | 'disk-full' | 'failed'
  /** Which save, counted from 1. */
  readonly nth: number
  readonly times: number
}

/** What is done to the log before a life; `reset`: all views are built anew from its start. */
export type Before = 'nothing' | 'compaction' | 'reset'

/** What a process finds of its local state when it starts; `damaged`: some bytes of what is saved there are other ones. */
export type LocalState = 'kept' | 'lost' | 'old' | 'damaged' | 'none'

/**
 * One life of a process (or of two at once) between a start and an end, and what is appended to the log meanwhile. `frozen`: stopped
 * without notice and woken up during the next life, not knowing that it lost everything.
 */
export interface Life {
  /** Records of the history that are appended during this life. */
  readonly records: number
  /** They come in pieces of this many. */
  readonly pieceRecords: number
  readonly end: 'until the end' | 'stopped' | 'killed' | 'frozen'
  /** Turns of the event loop before it is stopped, killed or frozen. */
  readonly turns: number
  readonly crash: CrashPlan | null
  readonly storeCrash: StoreCrashPlan | null
  readonly localState: LocalState
  readonly before: Before
  readonly processes: 1 | 2
  /** A commit takes as many turns before and after it is applied. */
  readonly commitTurns: number
  /** A save of the local state takes as many turns before it is applied. */
  readonly saveTurns: number
  readonly batchRecords: number
  readonly batchBytes: number
  readonly commitReadings: number
  readonly checkpointReadings: number
  readonly memoryBytes: number
  /** The clock runs by up to this at every look; rows are committed every 100 ms. */
  readonly clockStrideMs: number
}

/** The lives that a history is lived through; the last one goes to the end without a fault. */
export function planLives(random: Random, records: number): Life[] {
  const count = random.pick([1, 2, 3, 4, 6])
  const lives: Life[] = []
  let left = records
  for (let i = 0; i < count - 1; i++) {
    const share = random.int(0, left)
    lives.push(planLife(random, share))
    left -= share
  }
  return [...lives, { ...planLife(random, left), end: 'until the end', crash: null, storeCrash: null }]
}

/** One life in which nothing happens. */
export function quietLife(records: number): Life {
  return {
    records,
    pieceRecords: records,
    end: 'until the end',
    turns: 0,
    crash: null,
    storeCrash: null,
    localState: 'none',
    before: 'nothing',
    processes: 1,
    commitTurns: 0,
    saveTurns: 0,
    batchRecords: 10_000,
    batchBytes: 1_000_000,
    commitReadings: 10_000,
    checkpointReadings: 10_000,
    memoryBytes: 1_000_000_000,
    clockStrideMs: 0,
  }
}

function planLife(random: Random, records: number): Life {
  return {
    records,
    pieceRecords: random.pick([1, 2, 7, 50, 1000]),
    end: random.pick(['until the end', 'stopped', 'killed', 'killed', 'frozen']),
    turns: random.int(0, random.pick([5, 30, 120])),
    crash: random.chance(0.6) ? planCrash(random) : null,
    storeCrash: random.chance(0.4) ? planStoreCrash(random) : null,
    localState: random.pick(['kept', 'kept', 'kept', 'old', 'lost', 'damaged', 'none']),
    before: random.pick(['nothing', 'nothing', 'nothing', 'nothing', 'compaction', 'reset']),
    processes: random.chance(0.2) ? 2 : 1,
    commitTurns: random.pick([0, 0, 1, 5]),
    saveTurns: random.pick([0, 0, 1, 5]),
    batchRecords: random.pick([1, 7, 10_000]),
    batchBytes: random.pick([1, 300, 1_000_000]),
    commitReadings: random.pick([1, 2, 10, 10_000]),
    checkpointReadings: random.pick([1, 5, 30, 10_000]),
    memoryBytes: random.pick([0, 1000, 5000, 1_000_000_000]),
    clockStrideMs: random.pick([0, 10, 100]),
  }
}

function planCrash(random: Random): CrashPlan {
  const kinds: CommitKind[] = [random.chance(0.9) ? 'lease' : 'writer']
  return { point: random.pick(CRASH_POINTS), nth: random.int(1, random.pick([2, 10, 40])), times: random.int(1, 3), kinds }
}

function planStoreCrash(random: Random): StoreCrashPlan {
  return {
    point: random.pick(['before-save', 'after-save', 'disk-full', 'failed']),
    nth: random.int(1, random.pick([2, 10, 40])),
    times: random.int(1, 3),
  }
}
