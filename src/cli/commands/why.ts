import { jsonCell, parseCell } from '../../api/cell-text.ts'
import type { Condition } from '../../api/ports.ts'
import { stationColumn, timeColumn } from '../../api/view-query.ts'
import { WindrowError } from '../../core/errors.ts'
import type { ExplainedReading, Explanation } from '../../runtime/why.ts'
import { formatInstant } from '../../views/instant.ts'
import type { Cell, View } from '../../views/view.ts'
import type { CliContext, ExitCode } from '../context.ts'
import { explain } from '../explain.ts'
import { type Session, withSession } from '../session.ts'
import { type Style, styleOf } from '../style.ts'
import { renderFitting, type TableColumn } from '../table.ts'
import { viewNotBuilt } from '../view-not-built.ts'
import { indexOf, newestKey, whyNoRow } from '../view-stations.ts'

/** `windrow why`: a row computed again from the log alone, why its window is still open, and what became of its readings. 1 when there is no such row. */
export async function why(
  context: CliContext,
  viewName: string,
  words: readonly string[],
  options: { readonly json?: boolean },
): Promise<ExitCode> {
  return withSession(context, async (session) => {
    const view = session.catalogue.viewNamed(viewName)
    const key = await keyOf(session, view, words, context.signal)
    const found = await explain(session, view, key)
    if (options.json === true) await context.stdout.write(`${JSON.stringify(asJson(view, key, found), null, 2)}\n`)
    else await print(context, view, key, found)
    if (found !== null && found.row !== null) return 0
    const topic = await session.topicOfView(view)
    const station = key[indexOf(view.key, stationColumn(view))]
    if (topic !== null)
      await context.stderr.write(`${await whyNoRow(session.log, view, topic, station?.toString(), context.signal)}\n`)
    return 1
  })
}

/** In place of a time: the newest row that there is. */
const LATEST = 'latest'

async function keyOf(session: Session, view: View, words: readonly string[], signal: AbortSignal): Promise<readonly Cell[]> {
  if (words.length !== view.key.length) {
    const form = view.key.map(({ column }) => column.toUpperCase()).join(' ')
    throw new WindrowError('WR_WHY_KEY', {
      message: `The key of ${view.name} has ${view.key.length} parts, not ${words.length}.`,
      remedy: `Run windrow why ${view.name} ${form}, an instant as 2025-01-01T00:00:00Z, a day as 2025-01-01, or ${LATEST} for the newest.`,
      kind: 'usage',
      facts: { view: view.name, key: words },
    })
  }
  const time = indexOf(view.key, timeColumn(view))
  if (time < 0 || words[time] !== LATEST) return view.key.map((column, i) => parseCell(column, words[i] as string))
  return latestKey(session, view, words, signal)
}

async function latestKey(
  { log, topicOfView }: Session,
  view: View,
  words: readonly string[],
  signal: AbortSignal,
): Promise<readonly Cell[]> {
  const topic = await topicOfView(view)
  if (topic === null) throw viewNotBuilt(view)
  const conditions = view.key.flatMap((column, i): Condition[] =>
    column === timeColumn(view) ? [] : [{ column, operator: 'equal', value: parseCell(column, words[i] as string) }],
  )
  const key = await newestKey(log, view, topic, conditions, signal)
  if (key !== null) return key
  const station = words[indexOf(view.key, stationColumn(view))]
  throw new WindrowError('WR_WHY_NO_ROW', {
    message: await whyNoRow(log, view, topic, station, signal),
    remedy: 'Take a key from `windrow export`, or a station from `windrow stations`.',
    kind: 'found',
    facts: { view: view.name, key: words },
  })
}

function asJson(view: View, key: readonly Cell[], found: Explanation | null): Readonly<Record<string, unknown>> {
  const named = (cells: readonly Cell[]) =>
    Object.fromEntries(view.columns.map((column, i) => [column.column, jsonCell(column, cells[i] ?? null)]))
  const instant = (at: number | null): string | null => (at === null ? null : formatInstant(at))
  return {
    view: view.name,
    key: Object.fromEntries(view.key.map((column, i) => [column.column, jsonCell(column, key[i] ?? null)])),
    row: found?.row == null ? null : named(found.row),
    window:
      found?.window == null
        ? null
        : {
            start: formatInstant(found.window.startAt),
            end: formatInstant(found.window.endAt),
            time_zone: found.window.timeZone,
          },
    complete: found?.complete ?? false,
    waiting_for: found?.waitingFor ?? null,
    watermark: instant(found?.watermarkAt ?? null),
    readings: (found?.readings ?? []).map((reading) => ({
      timestamp: formatInstant(reading.timestamp),
      interval_minutes: reading.intervalMinutes,
      sub_key: reading.subKey,
      fate: reading.fate === 'tooLate' ? 'too_late' : reading.fate,
      revised_at: instant(reading.revisedAt),
      ingested_at: formatInstant(reading.ingestedAt),
      data_origin: reading.dataOrigin,
      topic: reading.topic,
      partition: reading.partition,
      offset: reading.offset,
      values: Object.fromEntries(reading.values.map(({ field, value }) => [field, value])),
    })),
  }
}

async function print(context: CliContext, view: View, key: readonly Cell[], found: Explanation | null): Promise<void> {
  const { stdout } = context
  const style = styleOf(stdout)
  const heading = `${view.name} ${view.key.map((column, i) => String(jsonCell(column, key[i] ?? null))).join(' ')}`
  await stdout.write(`${style.strong(heading)}\n`)
  if (found === null || found.row === null) {
    await stdout.write('There is no such row: no reading of the log belongs to it.\n')
  } else {
    const cells = found.row
    const facts = view.values.map((column, i) => factLine(style, column.column, cells[view.key.length + i] ?? null, column))
    await stdout.write(facts.join(''))
  }
  if (found === null) return
  await stdout.write(windowText(style, found))
  if (found.readings.length > 0) await stdout.write(`\n${readingsTable(context, found.readings)}`)
}

function factLine(style: Style, name: string, cell: Cell, column: View['columns'][number]): string {
  // UCUM writes the unit of a plain number as 1.
  const unit = column.unit === null || column.unit === '1' || cell === null ? '' : ` ${style.faint(column.unit)}`
  return `  ${name.padEnd(26)} ${cell === null ? style.faint('null') : cellText(column, cell)}${unit}\n`
}

/** For people; JSON has every digit. */
function cellText(column: View['columns'][number], cell: Cell): string {
  return typeof cell === 'number' && column.type === 'double' ? roundedText(cell) : String(jsonCell(column, cell))
}

const ROUNDED_DIGITS = 6

const roundedText = (value: number): string =>
  String(Number.isInteger(value) ? value : Number(value.toPrecision(Math.max(ROUNDED_DIGITS, wholeDigits(value) + 1))))

const wholeDigits = (value: number): number => String(Math.trunc(Math.abs(value))).length

function windowText(style: Style, { window, complete, waitingFor, watermarkAt }: Explanation): string {
  if (window === null) return ''
  const span = `${formatInstant(window.startAt)} to ${formatInstant(window.endAt)} (${window.timeZone})`
  const state = complete ? style.good('complete') : style.warn('open')
  const watermark = watermarkAt === null ? '' : `, watermark ${formatInstant(watermarkAt)}`
  return `window: ${span}, ${state}${watermark}\n${waitingFor === null ? '' : `waiting for: ${waitingFor}\n`}`
}

const valueText = (value: Cell): string => (typeof value === 'number' ? roundedText(value) : String(value ?? ''))

function readingsTable(context: CliContext, readings: readonly ExplainedReading[]): string {
  // A quantity that no reading has says nothing.
  const fields = [
    ...new Set(readings.flatMap(({ values }) => values.filter(({ value }) => value !== null).map(({ field }) => field))),
  ]
  const hasSubKeys = readings.some(({ subKey }) => subKey !== '')
  const hasRevisions = readings.some(({ revisedAt }) => revisedAt !== null)
  const columns: TableColumn[] = [
    { title: 'timestamp' },
    ...(hasSubKeys ? [{ title: 'series' }] : []),
    { title: 'fate' },
    ...(hasRevisions ? [{ title: 'revised' }] : []),
    ...fields.map((field) => ({ title: field, align: 'right' as const })),
    { title: 'partition@offset', align: 'right' },
  ]
  const rows = readings.map((reading) => {
    const values = new Map(reading.values.map(({ field, value }) => [field, value]))
    return [
      formatInstant(reading.timestamp),
      ...(hasSubKeys ? [reading.subKey] : []),
      reading.fate === 'tooLate' ? 'too late' : reading.fate,
      ...(hasRevisions ? [reading.revisedAt === null ? '' : formatInstant(reading.revisedAt)] : []),
      ...fields.map((field) => valueText(values.get(field) ?? null)),
      `${reading.partition}@${reading.offset}`,
    ]
  })
  const first = columns.map((column, i) => (i === 0 ? column : { ...column, spare: i }))
  return renderFitting(first, rows, context.stdout)
}
