import { deserialize, serialize } from 'node:v8'
import { SortedStore } from '../../kv/sorted-store.ts'
import type { RebuiltView } from '../../runtime/replay/rebuild.ts'
import type { RowDifference } from '../../sinks/compare-store.ts'
import { canonicalKey } from '../../views/row-key.ts'
import { sameCells } from '../../views/same-cells.ts'
import type { Cell } from '../../views/view.ts'

export type RowPages = AsyncIterable<ReadonlyArray<readonly Cell[]>>

export interface ComparedRows {
  readonly equal: number
  readonly missing: number
  readonly extra: number
  readonly changed: number
  /** Rows of the store that readings may have made which the log has lost. */
  readonly notCompared: number
  /**
   * Rows that are not what is certain, where that may be right: readings change them which, after a replay, some rows have and others do not
   * have yet; or they have changed since the rebuilding, and a state between may be gone from a topic that was compacted meanwhile.
   */
  readonly unsettled: number
}

export interface CompareRebuiltOptions {
  readonly rebuilt: RebuiltView
  /** The rows of the store, in any order. Each key once, but a store may have it twice. */
  readonly rows: RowPages
  /** Calls for every state that rows went through since the rebuilt ones. Read after the store's rows. */
  readonly versions: (onVersion: (key: string, cells: () => readonly Cell[] | null) => Promise<void>) => Promise<void>
  readonly signal: AbortSignal
  /** Called for each difference, in the order of the keys. */
  readonly onDifference: (difference: RowDifference) => Promise<void>
}

const utf8 = new TextEncoder()
const texts = new TextDecoder()
const HERE = Uint8Array.of(1)

/**
 * Compares what a store holds with rebuilt rows while both the view and the store go on: a row that has changed since the rebuilding may be
 * any of its states since then.
 */
export async function compareRebuilt(options: CompareRebuiltOptions): Promise<ComparedRows> {
  const met = new SortedStore()
  const suspects = new SortedStore()
  const moved = new SortedStore()
  try {
    const notCompared = await lookAtFound(options, met, suspects)
    const rows = await lookForMissing(options, met, suspects)
    await acquit(options, suspects, moved)
    return { ...(await tell(options, suspects, moved, rows)), notCompared }
  } finally {
    await met.close()
    await suspects.close()
    await moved.close()
  }
}

/** What the store has under a suspect key; null: nothing. */
type Found = readonly Cell[] | null

function isSame(a: Found, b: Found): boolean {
  return a === null || b === null ? a === b : sameCells(a, b)
}

async function lookAtFound(
  { rebuilt, rows, signal }: CompareRebuiltOptions,
  met: SortedStore,
  suspects: SortedStore,
): Promise<number> {
  const { view } = rebuilt.rows
  let notCompared = 0
  for await (const page of rows) {
    signal.throwIfAborted()
    for (const cells of page) {
      if (!rebuilt.isWhole(cells)) {
        notCompared += 1
        continue
      }
      const key = canonicalKey(view, cells)
      const name = utf8.encode(key)
      const expected = rebuilt.rows.get(key)
      if (expected !== null) await met.put(name, HERE)
      if (expected === null || !sameCells(expected, cells)) await suspects.put(name, serialize(cells))
    }
  }
  return notCompared
}

/** Gives how many rows there should be. */
async function lookForMissing(
  { rebuilt, signal }: CompareRebuiltOptions,
  met: SortedStore,
  suspects: SortedStore,
): Promise<number> {
  let count = 0
  for await (const page of rebuilt.rows.entries()) {
    signal.throwIfAborted()
    for (const { key, cells } of page) {
      if (!rebuilt.isWhole(cells)) continue
      count += 1
      const name = utf8.encode(key)
      if (met.get(name) === null) await suspects.put(name, serialize(null))
    }
  }
  return count
}

/** Lets those go that have been as they were found since the rows were rebuilt, and notes which others have changed since. */
async function acquit({ versions }: CompareRebuiltOptions, suspects: SortedStore, moved: SortedStore): Promise<void> {
  await versions(async (key, cells) => {
    const name = utf8.encode(key)
    const suspect = suspects.get(name)
    if (suspect === null) return
    if (isSame(deserialize(suspect) as Found, cells())) await suspects.put(name, null)
    else await moved.put(name, HERE)
  })
}

async function tell(
  { rebuilt, onDifference }: CompareRebuiltOptions,
  suspects: SortedStore,
  moved: SortedStore,
  rows: number,
): Promise<Omit<ComparedRows, 'notCompared'>> {
  const counts = { missing: 0, extra: 0, changed: 0 }
  let unsettled = 0
  let equal = rows
  for await (const page of suspects.entries()) {
    for (const { key: name, value } of page) {
      const key = texts.decode(name)
      const found = deserialize(value) as Found
      const expected = rebuilt.rows.get(key)
      const atMark = rebuilt.rows.getAtMark(key)
      if (atMark !== undefined && isSame(found, atMark)) continue
      if (expected !== null) equal -= 1
      if (atMark !== undefined || moved.get(name) !== null) {
        unsettled += 1
        continue
      }
      const kind = found === null ? 'missing' : expected === null ? 'extra' : 'changed'
      counts[kind] += 1
      await onDifference({ kind, key, expected, found })
    }
  }
  return { equal, ...counts, unsettled }
}
