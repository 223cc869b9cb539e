import type { Cell, View, ViewColumn } from '../../views/view.ts'
import type { AsOfRow, AsOfRows } from './as-of-rows.ts'

/** The key, then each value as it was known then and as it is now (`<column>_now`), then what the difference is. */
export function asOfTable({ key, values, name }: View): View {
  const optional = (column: ViewColumn): ViewColumn => ({ ...column, nullable: true })
  const now = (column: ViewColumn): ViewColumn => ({ ...column, name: `${column.name}Now`, column: `${column.column}_now` })
  const flag: ViewColumn = {
    name: 'difference',
    column: 'difference',
    type: 'text',
    nullable: false,
    unit: null,
    doc: 'same, changed, new (not known then) or gone (known then, there no longer).',
    isKey: false,
  }
  const columns = [...values.flatMap((column) => [optional(column), now(optional(column))]), flag]
  return { name, doc: '', key, values: columns, columns: [...key, ...columns], stores: [] }
}

/** The rows of that table. */
export async function* asOfTableRows({ view, pages }: AsOfRows): AsyncGenerator<ReadonlyArray<readonly Cell[]>> {
  for await (const page of pages()) yield page.map((row) => tableRow(view, row))
}

function tableRow(view: View, { difference, then, now }: AsOfRow): readonly Cell[] {
  const width = view.key.length
  const key = ((then ?? now) as readonly Cell[]).slice(0, width)
  return [...key, ...view.values.flatMap((_, i) => [then?.[width + i] ?? null, now?.[width + i] ?? null]), difference]
}
