import { Readable } from 'node:stream'
import { stringify } from 'csv-stringify/sync'
import { canonicalKey } from '../views/row-key.ts'
import type { Cell, View } from '../views/view.ts'
import { arrayWriter, csvCell, objectWriter } from './cell-text.ts'
import type { ViewQuery } from './ports.ts'

type Rows = ReadonlyArray<readonly Cell[]>

/** Waits for the first batch, so that what fails at once is still answered with a status of its own. */
export async function primed(source: AsyncIterable<Rows>): Promise<AsyncIterable<Rows>> {
  const iterator = source[Symbol.asyncIterator]()
  let first: Promise<IteratorResult<Rows>> | null = Promise.resolve(await iterator.next())
  const primedIterator: AsyncIterator<Rows> = {
    next: () => {
      const result = first ?? iterator.next()
      first = null
      return result
    },
    return: async () => {
      await iterator.return?.()
      return { done: true, value: undefined }
    },
  }
  return { [Symbol.asyncIterator]: () => primedIterator }
}

async function* jsonText(query: ViewQuery, shape: 'objects' | 'arrays', batches: AsyncIterable<Rows>): AsyncGenerator<string> {
  const { view } = query
  const write = shape === 'arrays' ? arrayWriter(view.columns) : objectWriter(view.columns)
  yield `{"view":${JSON.stringify(view.name)},"columns":${JSON.stringify(view.columns.map(({ column }) => column))},"rows":[`
  let written = 0
  let last: readonly Cell[] | null = null
  let more = false
  for await (const batch of batches) {
    let text = ''
    for (const cells of batch) {
      more = query.limit !== null && written === query.limit
      if (more) break
      text += `${written === 0 ? '\n' : ',\n'}${write(cells)}`
      written += 1
      last = cells
    }
    if (text !== '') yield text
    if (more) break
  }
  yield `\n],"next":${more && last !== null ? JSON.stringify(canonicalKey(view, last)) : 'null'}}\n`
}

/**
 * `{view, columns, rows, next}` as it is read; `next` is the `after` of the next page, null at the end. `batches` must hold one row more
 * than the limit, where there is one, so that the end can be told.
 */
export function jsonRows(query: ViewQuery, shape: 'objects' | 'arrays', batches: AsyncIterable<Rows>): Readable {
  return Readable.from(jsonText(query, shape, batches), { objectMode: false })
}

async function* csvText(view: View, batches: AsyncIterable<Rows>): AsyncGenerator<string> {
  yield stringify([view.columns.map(({ column }) => column)])
  for await (const batch of batches) {
    yield stringify(batch.map((cells) => view.columns.map((column, index) => csvCell(column, cells[index] ?? null))))
  }
}

/** RFC 4180 with a header, as `windrow export` writes it. */
export function csvRows(view: View, batches: AsyncIterable<Rows>): Readable {
  return Readable.from(csvText(view, batches), { objectMode: false })
}
