import { jsonCell } from '../../api/cell-text.ts'
import { formatInstant } from '../../views/instant.ts'
import type { Cell, View } from '../../views/view.ts'
import type { CliContext } from '../context.ts'
import { styleOf } from '../style.ts'
import { renderTable } from '../table.ts'
import type { AsOfDifference, AsOfRow, AsOfRows } from './as-of-rows.ts'
import { type DifferingColumn, differingColumns, namedCells, valueText } from './differing-columns.ts'

export interface AsOfSummary {
  readonly view: View
  readonly counts: Readonly<Record<AsOfDifference, number>>
  readonly notCompared: number
  /** The first rows that differ. */
  readonly firsts: readonly AsOfRow[]
}

/** So many differing rows are shown of each view. */
const SHOWN = 5
const WORDS: Readonly<Record<AsOfDifference, string>> = {
  same: 'same',
  changed: 'other value',
  new: 'not known then',
  gone: 'no longer there',
}

/** Counts the rows of a view then and now. */
export async function summaryOf(rows: AsOfRows): Promise<AsOfSummary> {
  const counts: Record<AsOfDifference, number> = { same: 0, changed: 0, new: 0, gone: 0 }
  const firsts: AsOfRow[] = []
  for await (const page of rows.pages()) {
    for (const row of page) {
      counts[row.difference] += 1
      if (row.difference !== 'same' && firsts.length < SHOWN) firsts.push(row)
    }
  }
  return { view: rows.view, counts, notCompared: rows.notCompared, firsts }
}

export function asOfJson(asOf: number, summaries: readonly AsOfSummary[]): Readonly<Record<string, unknown>> {
  return {
    as_of: formatInstant(asOf),
    views: summaries.map(({ view, counts, notCompared, firsts }) => ({
      view: view.name,
      ...counts,
      not_compared: notCompared,
      differences: firsts.map((row) => ({
        difference: row.difference,
        key: namedCells(view.key, (row.then ?? row.now) as readonly Cell[]),
        columns: columnsOf(view, row).map(({ column, expected, found }) => ({ column, as_of: found, now: expected })),
      })),
    })),
  }
}

export async function printAsOf(
  { stdout }: Pick<CliContext, 'stdout'>,
  asOf: number,
  summaries: readonly AsOfSummary[],
): Promise<void> {
  const style = styleOf(stdout)
  const titles = [...Object.values(WORDS), 'not compared']
  const columns = [{ title: 'view' }, ...titles.map((title) => ({ title, align: 'right' as const }))]
  const lines = summaries.map(({ view, counts, notCompared }) => [
    view.name,
    ...[counts.same, counts.changed, counts.new, counts.gone, notCompared].map((count) => count.toLocaleString('en-US')),
  ])
  await stdout.write(`${style.strong(`as of ${formatInstant(asOf)}`)}\n${renderTable(columns, lines, stdout)}`)
  for (const { view, firsts } of summaries) for (const row of firsts) await stdout.write(`\n${rowText(view, row, style)}`)
}

function columnsOf(view: View, { then, now }: AsOfRow): DifferingColumn[] {
  return differingColumns(view, now, then)
}

function rowText(view: View, row: AsOfRow, style: ReturnType<typeof styleOf>): string {
  const cells = (row.then ?? row.now) as readonly Cell[]
  const name = view.key.map((column, i) => valueText(jsonCell(column, cells[i] ?? null))).join(' ')
  const columns = columnsOf(view, row)
  const heading = `${style.strong(`${view.name} ${name}`)}: ${WORDS[row.difference]}`
  if (row.difference !== 'changed')
    return `${heading}\n  ${columns.map(({ column, expected, found }) => `${column} ${valueText(expected ?? found)}`).join(', ')}\n`
  const lines = columns.map(({ column, expected, found }) => `  ${column}: ${valueText(found)} then, ${valueText(expected)} now`)
  return `${[heading, ...lines].join('\n')}\n`
}
