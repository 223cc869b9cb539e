import { deserialize, serialize } from 'node:v8'
import { SortedStore } from '../../kv/sorted-store.ts'
import type { RebuiltView } from '../../runtime/replay/rebuild.ts'
import { sameCells } from '../../views/same-cells.ts'
import type { Cell, View } from '../../views/view.ts'
import { sortKey } from '../export/sort-key.ts'
import type { RowPages } from './compare-rebuilt.ts'

/** new: not known then. gone: known then, and there no longer. */
export type AsOfDifference = 'same' | 'changed' | 'new' | 'gone'

/** A row as it was known then, beside the present one. */
export interface AsOfRow {
  readonly difference: AsOfDifference
  readonly then: readonly Cell[] | null
  readonly now: readonly Cell[] | null
}

/** The rows of a view then and now, sorted by key; what memory does not hold is on the local disk until `close`. */
export interface AsOfRows {
  readonly view: View
  /** Rows that readings may have made which the log has lost. */
  readonly notCompared: number
  /** All rows, some thousands at a time; as often as it is asked for. */
  pages(): AsyncGenerator<readonly AsOfRow[]>
  close(): Promise<void>
}

type Pair = readonly [then: readonly Cell[] | null, now: readonly Cell[] | null]

export async function asOfRows({ rows, isWhole }: RebuiltView, present: RowPages): Promise<AsOfRows> {
  const { view } = rows
  const pairs = new SortedStore()
  try {
    for await (const page of rows.entries()) {
      for (const { cells } of page) if (isWhole(cells)) await put(pairs, view, cells, [cells, null])
    }
    let notCompared = 0
    for await (const page of present) {
      for (const cells of page) {
        if (!isWhole(cells)) notCompared += 1
        else await put(pairs, view, cells, [thenOf(pairs, view, cells), cells])
      }
    }
    return { view, notCompared, pages: () => pagesOf(pairs), close: () => pairs.close() }
  } catch (error) {
    await pairs.close()
    throw error
  }
}

function put(pairs: SortedStore, view: View, cells: readonly Cell[], pair: Pair): Promise<void> {
  return pairs.put(sortKey(view, cells), serialize(pair))
}

function thenOf(pairs: SortedStore, view: View, cells: readonly Cell[]): readonly Cell[] | null {
  const known = pairs.get(sortKey(view, cells))
  return known === null ? null : (deserialize(known) as Pair)[0]
}

async function* pagesOf(pairs: SortedStore): AsyncGenerator<readonly AsOfRow[]> {
  for await (const page of pairs.entries()) {
    yield page.map(({ value }) => {
      const [then, now] = deserialize(value) as Pair
      return { difference: differenceOf(then, now), then, now }
    })
  }
}

function differenceOf(then: readonly Cell[] | null, now: readonly Cell[] | null): AsOfDifference {
  if (then === null) return 'new'
  if (now === null) return 'gone'
  return sameCells(then, now) ? 'same' : 'changed'
}
