import { SortedStore } from '../kv/sorted-store.ts'
import { canonicalKey } from '../views/row-key.ts'
import { sameCells } from '../views/same-cells.ts'
import type { Cell } from '../views/view.ts'
import type { FinalRows } from './final-rows.ts'
import type { MendSource, Sink } from './sink.ts'

/** A row that is not in the store as the topic says it. */
export interface RowDifference {
  readonly kind: 'missing' | 'extra' | 'changed'
  /** The canonical JSON array of the key's cells. */
  readonly key: string
  /** All cells as the topic has them, null for a row that it does not have. */
  readonly expected: readonly Cell[] | null
  /** All cells as the store has them, null for a row that it does not have. */
  readonly found: readonly Cell[] | null
}

export interface StoreComparison {
  readonly equal: number
  readonly missing: number
  readonly extra: number
  readonly changed: number
}

const utf8 = new TextEncoder()
const HERE = Uint8Array.of(1)

/**
 * Compares all rows of a view in a store with what its topic says, and changes neither. `onDifference` gets each difference, those of rows that
 * the store has first. Both are read while they may go on: who wants an exact answer sees to it that the store has caught up and nothing is written.
 */
export async function compareStore(
  source: MendSource,
  sink: Sink,
  onDifference: (difference: RowDifference) => void = () => undefined,
): Promise<StoreComparison> {
  const expected = await source.finalRows()
  const met = new SortedStore()
  try {
    const found = await compareFound(source, sink, expected, met, onDifference)
    const missing = await tellMissing(expected, met, onDifference)
    return { ...found, missing }
  } finally {
    await expected.close()
    await met.close()
  }
}

async function compareFound(
  { view }: MendSource,
  sink: Sink,
  expected: FinalRows,
  met: SortedStore,
  onDifference: (difference: RowDifference) => void,
): Promise<Omit<StoreComparison, 'missing'>> {
  const counts = { equal: 0, extra: 0, changed: 0 }
  for await (const page of sink.rows(view)) {
    for (const cells of page) {
      const key = canonicalKey(view, cells)
      const wanted = expected.get(key)?.cells ?? null
      if (wanted !== null) await met.put(utf8.encode(key), HERE)
      if (wanted !== null && sameCells(wanted, cells)) {
        counts.equal += 1
        continue
      }
      const kind = wanted === null ? 'extra' : 'changed'
      counts[kind] += 1
      onDifference({ kind, key, expected: wanted, found: cells })
    }
  }
  return counts
}

async function tellMissing(
  expected: FinalRows,
  met: SortedStore,
  onDifference: (difference: RowDifference) => void,
): Promise<number> {
  let missing = 0
  for await (const page of expected.entries()) {
    for (const { key, cells } of page) {
      if (met.get(utf8.encode(key)) !== null) continue
      missing += 1
      onDifference({ kind: 'missing', key, expected: cells, found: null })
    }
  }
  return missing
}
