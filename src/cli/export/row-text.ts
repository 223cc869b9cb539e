import { stringify } from 'csv-stringify/sync'
import { csvCell, objectWriter } from '../../api/cell-text.ts'
import type { Cell, View } from '../../views/view.ts'

type Rows = AsyncIterable<ReadonlyArray<readonly Cell[]>>

/** CSV with a header of column names; null is empty, instants are ISO 8601, lines end with \n. */
export async function* csvText(view: View, rows: Rows): AsyncGenerator<string> {
  yield stringify([view.columns.map(({ column }) => column)])
  for await (const batch of rows) {
    yield stringify(batch.map((cells) => view.columns.map((column, i) => csvCell(column, cells[i] ?? null))))
  }
}

/** A JSON array of objects, a row a line. */
export async function* jsonText(view: View, rows: Rows): AsyncGenerator<string> {
  const write = objectWriter(view.columns)
  let separator = '[\n'
  for await (const batch of rows) {
    let text = ''
    for (const cells of batch) {
      text += separator + write(cells)
      separator = ',\n'
    }
    yield text
  }
  yield separator === '[\n' ? '[]\n' : '\n]\n'
}
