import { stripVTControlCharacters } from 'node:util'
import Table from 'cli-table3'
import type { Output } from './output.ts'
import { styleOf } from './style.ts'

export interface TableColumn {
  readonly title: string
  readonly align?: 'left' | 'right'
}

const GAP = 2
const NARROWEST = 8
const WIDTH_OF_PIPES = 100

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

/** An aligned table with a heading, as wide as the terminal at most; ends with a line break. */
export function renderTable(
  columns: readonly TableColumn[],
  rows: ReadonlyArray<readonly string[]>,
  output: Pick<Output, 'columns' | 'colours'>,
): string {
  const style = styleOf(output)
  const natural = columns.map(({ title }, i) =>
    Math.max(title.length, ...rows.map((row) => stripVTControlCharacters(row[i] ?? '').length)),
  )
  const fits = natural.reduce((sum, width) => sum + width, 0) + GAP * (columns.length - 1)
  // Into a pipe nothing is wrapped: a line is a row.
  const room = output.columns ?? Math.max(fits, WIDTH_OF_PIPES)
  const widths = fittingWidths(natural, room)
  const table = new Table({
    chars: noBorders,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    colWidths: widths,
    colAligns: columns.map(({ align }) => align ?? 'left'),
    wordWrap: true,
  })
  table.push(
    columns.map(({ title }) => style.strong(title)),
    ...rows.map((row) => row.map((content, i) => ({ content, wrapOnWordBoundary: hasNoLongWord(content, widths[i] as number) }))),
  )
  return `${table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')}\n`
}
