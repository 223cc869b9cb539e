import type { Figure } from './figure.ts'
import type { Report, ScenarioReport } from './report.ts'

/** What was measured where, as Markdown that also reads well on a terminal. */
export function markdownHead({ date, version, machine, quick }: Omit<Report, 'scenarios'>): string {
  const { cpu, cores, memoryBytes, node, platform, load } = machine
  const where = `${cpu}, ${cores} cores, ${Math.round(memoryBytes / 1e9)} GB, ${platform}, Node ${node}`
  const busy = load === null ? '' : `, load ${load.toFixed(1)} before`
  return `windrow ${version}, ${date}${quick ? ', quick (small loads: no figures to go by)' : ''}\n\n${where}${busy}\n`
}

/** The figures of one scenario. */
export function markdownSection({ name, title, figures, error, seconds }: ScenarioReport): string {
  const head = `\n### ${name}\n\n${title}. Took ${formatNumber(seconds)} s.\n\n`
  if (error !== null) return `${head}**Failed:** ${error}\n`
  const measured = figures.filter(({ missing }) => missing === undefined)
  const lines = measured.map((figure) => [figure.name, valueText(figure), unitOf(figure), roundsOf(figure), aimOf(figure)])
  return `${head}${markdownTable(['', 'value', 'unit', 'rounds', 'aim'], lines, new Set([1]))}\n${missingLines(figures)}`
}

/** Below the table, since a reason is no value. */
function missingLines(figures: readonly Figure[]): string {
  const lines = figures.flatMap(({ name, missing }) =>
    missing === undefined ? [] : [`- ${name}: ${missing.isFailure ? 'failed' : 'skipped'}, ${missing.why}\n`],
  )
  return lines.length === 0 ? '' : `\n${lines.join('')}`
}

function unitOf({ unit }: Figure): string {
  return unit === '1' ? '' : unit
}

function valueText({ value }: Figure): string {
  return value === null ? 'not known here' : formatNumber(value)
}

function roundsOf({ rounds }: Figure): string {
  if (rounds === undefined) return ''
  return `${rounds.length}: ${formatNumber(Math.min(...rounds))} to ${formatNumber(Math.max(...rounds))}`
}

function aimOf({ aim }: Figure): string {
  if (aim === undefined) return ''
  return 'atLeast' in aim ? `>= ${formatNumber(aim.atLeast)}` : `<= ${formatNumber(aim.atMost)}`
}

/** Three significant digits, whole numbers in groups of three. */
export function formatNumber(value: number): string {
  return value.toLocaleString('en-US', {
    maximumSignificantDigits: 3,
    ...(Math.abs(value) >= 1000 ? {} : { useGrouping: false }),
  })
}

function markdownTable(head: readonly string[], lines: ReadonlyArray<readonly string[]>, right: ReadonlySet<number>): string {
  const widths = head.map((title, column) => Math.max(3, title.length, ...lines.map((cells) => (cells[column] as string).length)))
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => (right.has(column) ? cell.padStart(widths[column] as number) : cell.padEnd(widths[column] as number))).join(' | ')} |`
  const rule = widths.map((width, column) => (right.has(column) ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)))
  return [line(head), line(rule), ...lines.map(line)].join('\n')
}
