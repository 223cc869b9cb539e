import { stripVTControlCharacters } from 'node:util'
import Table from 'cli-table3'
import type { Output } from './output.ts'
import { styleOf } from './style.ts'

export interface TableColumn {
  readonly title: string
  readonly align?: 'left' | 'right'
  /** Where the terminal has no room for all, columns with the highest number are left out first; one without a number never is. */
  readonly spare?: number
}

const GAP = 2
const NARROWEST = 8
const WIDTH_OF_PIPES = 100
const ROWS_AT_ONCE = 500

// No lines: they cost columns, and a table without them can be cut by awk.
const noBorders = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: ' '.repeat(GAP),
} as const

/** Widths that fit into `room`: the widest columns give way first, down to a few characters. */
function fittingWidths(natural: readonly number[], room: number): number[] {
  const widths = [...natural]
  let excess = widths.reduce((sum, width) => sum + width, 0) + GAP * (widths.length - 1) - room
  while (excess > 0) {
    const widest = Math.max(...widths)
    if (widest <= NARROWEST) break
    widths[widths.indexOf(widest)] = widest - 1
    excess -= 1
  }
  return widths
}

/** A word that is longer than its column has to be cut somewhere: the library would leave its end out. */
function hasNoLongWord(content: string, width: number): boolean {
  return stripVTControlCharacters(content)
    .split(' ')
    .every((word) => word.length <= width)
}

/** The widths that the terminal leaves for a table; those that it would like to have where it is written into a pipe. */
function widthsOf(columns: readonly TableColumn[], rows: ReadonlyArray<readonly string[]>, room: number | null): number[] {
  const widthOf = (widest: number, cell: string) => Math.max(widest, stripVTControlCharacters(cell).length)
  const natural = columns.map(({ title }, i) => rows.reduce((widest, row) => widthOf(widest, row[i] ?? ''), title.length))
  const fits = natural.reduce((sum, width) => sum + width, 0) + GAP * (columns.length - 1)
  // Into a pipe nothing is wrapped: a line is a row.
  return fittingWidths(natural, room ?? Math.max(fits, WIDTH_OF_PIPES))
}

/** Whether a table stands in the terminal without a title or a word that is cut. */
export function fitsWhole(
  columns: readonly TableColumn[],
  rows: ReadonlyArray<readonly string[]>,
  output: Pick<Output, 'columns'>,
): boolean {
  if (output.columns === null) return true
  const widths = widthsOf(columns, rows, output.columns)
  if (widths.reduce((sum, width) => sum + width, 0) + GAP * (columns.length - 1) > output.columns) return false
  return columns.every(({ title }, i) =>
    [title, ...rows.map((row) => row[i] ?? '')].every((cell) => hasNoLongWord(cell, widths[i] as number)),
  )
}

/** Rows below each other, a line a column: for what is too wide for a table. Ends with a line break, but is empty without rows. */
export function renderRecords(
  columns: readonly TableColumn[],
  rows: ReadonlyArray<readonly string[]>,
  output: Pick<Output, 'colours'>,
): string {
  const style = styleOf(output)
  const width = Math.max(...columns.map(({ title }) => title.length))
  const records = rows.map((row, n) => {
    const lines = columns.map(({ title }, i) => `  ${title.padEnd(width + GAP)}${row[i] ?? ''}`.trimEnd())
    return `${[style.strong(`row ${n + 1}`), ...lines].join('\n')}\n`
  })
  return records.join('\n')
}

/** The columns that stand whole in the terminal, as far as others can be spared, and which these are. For what `--json` has whole. */
export function renderFitting(
  columns: readonly TableColumn[],
  rows: ReadonlyArray<readonly string[]>,
  output: Pick<Output, 'columns' | 'colours'>,
): string {
  const shown = new Set(columns.keys())
  const shownOf = <T>(row: readonly T[]): T[] => row.filter((_, i) => shown.has(i))
  const spared = [...columns.keys()]
    .filter((i) => columns[i]?.spare !== undefined)
    .sort((a, b) => (columns[b]?.spare as number) - (columns[a]?.spare as number))
  for (const i of spared) {
    if (fitsWhole(shownOf(columns), rows.map(shownOf), output)) break
    shown.delete(i)
  }
  const table = renderTable(shownOf(columns), rows.map(shownOf), output)
  if (shown.size === columns.length) return table
  const left = columns.filter((_, i) => !shown.has(i)).map(({ title }) => title)
  return `${table}not shown in ${output.columns} columns: ${left.join(', ')} (--json has all)\n`
}

/** An aligned table with a heading, as wide as the terminal at most; ends with a line break. */
export function renderTable(
  columns: readonly TableColumn[],
  rows: ReadonlyArray<readonly string[]>,
  output: Pick<Output, 'columns' | 'colours'>,
): string {
  const style = styleOf(output)
  const widths = widthsOf(columns, rows, output.columns)
  const options = {
    chars: noBorders,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    colWidths: widths,
    colAligns: columns.map(({ align }) => align ?? 'left'),
    wordWrap: true,
  }
  const heading: Table.Cell[] = columns.map(({ title }) => style.strong(title))
  const drawn = rows.map((row) =>
    row.map((content, i): Table.Cell => ({ content, wrapOnWordBoundary: hasNoLongWord(content, widths[i] as number) })),
  )
  const lines = [heading, ...drawn]
  let text = ''
  // Without lines between them parts stand below each other as the whole would, which the library takes far longer for.
  for (let from = 0; from < lines.length; from += ROWS_AT_ONCE) {
    const table = new Table(options)
    table.push(...lines.slice(from, from + ROWS_AT_ONCE))
    for (const line of table.toString().split('\n')) text += `${line.trimEnd()}\n`
  }
  return text
}
