import type { Condition } from '../../api/ports.ts'
import { SortedStore } from '../../kv/sorted-store.ts'
import type { Log, Topic } from '../../log/port.ts'
import { parseKey } from '../../views/row-key.ts'
import type { Cell, View } from '../../views/view.ts'
import { viewRecords } from '../view-records.ts'
import { sortKey } from './sort-key.ts'

export interface ViewRowsOptions {
  /** All of them hold for a row that is given. */
  readonly conditions?: readonly Condition[]
  /** Bytes kept in memory while sorting. */
  readonly memoryBytes?: number
  readonly signal?: AbortSignal
}

function holds({ operator, value, column }: Condition, view: View, cells: readonly Cell[]): boolean {
  const cell = cells[view.columns.indexOf(column)]
  if (cell === null || cell === undefined || value === null) return false
  switch (operator) {
    case 'equal':
      return cell === value
    case 'at-least':
      return cell >= value
    case 'below':
      return cell < value
  }
}

/**
 * The rows of a view as its topic has them up to its end at the time of the call: the latest of each key, sorted by key, some
 * thousands at a time. The order and the rows depend on the set of latest records alone, not on the order in which they arrived.
 */
export async function* viewRows(
  log: Log,
  view: View,
  topic: Topic,
  options: ViewRowsOptions = {},
): AsyncGenerator<ReadonlyArray<readonly Cell[]>> {
  const { conditions = [] } = options
  const records = viewRecords(log, view, topic)
  const sorted = new SortedStore(options.memoryBytes)
  try {
    await records.read({
      signal: options.signal,
      onRecord: (key, value) => sorted.put(sortKey(view, parseKey(view, key)), value?.slice() ?? null),
    })
    for await (const entries of sorted.entries()) {
      const rows = entries.map(({ value }) => records.decode(value))
      const chosen =
        conditions.length === 0 ? rows : rows.filter((cells) => conditions.every((condition) => holds(condition, view, cells)))
      if (chosen.length > 0) yield chosen
    }
  } finally {
    await sorted.close()
  }
}
