import { jsonCell } from '../../api/cell-text.ts'
import type { ExplainedReading } from '../../runtime/why.ts'
import { formatInstant } from '../../views/instant.ts'
import { parseKey } from '../../views/row-key.ts'
import type { Cell, View } from '../../views/view.ts'
import type { CliContext } from '../context.ts'
import { styleOf } from '../style.ts'
import { renderTable } from '../table.ts'
import { type DifferingColumn, differingColumns, namedCells, valueText } from './differing-columns.ts'
import type { ShownDifference } from './found-differences.ts'
import type { Verification, VerifiedStore } from './verify-views.ts'

/** Of the readings behind a row so many are told; `windrow why` tells all. */
const READINGS = 8

export function verificationJson(
  { stores, records, seconds }: Verification,
  shown: readonly ShownDifference[],
): Readonly<Record<string, unknown>> {
  return {
    records,
    seconds: Math.round(seconds * 10) / 10,
    compared: stores.map(({ view, store, rows, problem }) => ({
      view,
      store,
      ...(rows === null
        ? { equal: null, missing: null, extra: null, changed: null, not_compared: null, unsettled: null }
        : {
            equal: rows.equal,
            missing: rows.missing,
            extra: rows.extra,
            changed: rows.changed,
            not_compared: rows.notCompared,
            unsettled: rows.unsettled,
          }),
      problem: problem === null ? null : { code: problem.code, message: problem.message, remedy: problem.remedy },
    })),
    differences: shown.map((difference) => ({
      view: difference.view.name,
      store: difference.store,
      difference: difference.kind,
      key: namedCells(difference.view.key, parseKey(difference.view, difference.key)),
      columns: columnsOf(difference).map(({ column, expected, found }) => ({ column, expected, found })),
      readings: difference.readings.map(({ topic, partition, offset, timestamp, subKey, fate }) => ({
        topic,
        partition,
        offset,
        timestamp: formatInstant(timestamp),
        sub_key: subKey,
        fate: fate === 'tooLate' ? 'too_late' : fate,
      })),
    })),
  }
}

export async function printVerification(
  { stdout }: Pick<CliContext, 'stdout'>,
  { stores }: Verification,
  shown: readonly ShownDifference[],
): Promise<void> {
  const style = styleOf(stdout)
  const columns = [
    { title: 'view' },
    { title: 'store' },
    ...['equal', 'missing', 'extra', 'changed', 'not compared'].map((title) => ({ title, align: 'right' as const })),
  ]
  await stdout.write(
    renderTable(
      columns,
      stores.map((store) => [store.view, store.store, ...countCells(store)]),
      stdout,
    ),
  )
  for (const { view, store, problem } of stores) {
    if (problem !== null)
      await stdout.write(`\n${style.bad(`${view} in ${store} was not compared`)}: ${problem.message}\n${problem.remedy}\n`)
  }
  for (const [reason, views] of reasons(stores)) await stdout.write(`\n${style.faint(`Not compared of ${views}`)}: ${reason}\n`)
  for (const difference of shown) await stdout.write(`\n${differenceText(difference, style)}`)
  if (stores.every(isEqual)) await stdout.write(`\n${style.good('Nothing differs.')}\n`)
}

const isEqual = ({ rows }: VerifiedStore): boolean =>
  rows !== null && rows.missing + rows.extra + rows.changed + rows.unsettled === 0

function countCells({ rows }: VerifiedStore): string[] {
  if (rows === null) return ['?', '?', '?', '?', '?']
  const counts = [rows.equal, rows.missing, rows.extra, rows.changed, rows.notCompared + rows.unsettled]
  return counts.map((count) => count.toLocaleString('en-US'))
}

/** Why rows were not compared, with the views that have such. */
function reasons(stores: readonly VerifiedStore[]): Array<readonly [reason: string, views: string]> {
  const of = (kind: 'notCompared' | 'unsettled'): string =>
    [...new Set(stores.flatMap(({ view, rows }) => (rows !== null && rows[kind] > 0 ? [view] : [])))].join(', ')
  const lost = 'readings that may have made the rows are not in the log any more.'
  const unsettled =
    'a replay has gone beyond what the topologies have processed, or rows changed meanwhile in a topic that was compacted. Run `windrow run --until-end` (or keep `windrow start` running), then compare again.'
  const each = [[lost, of('notCompared')] as const, [unsettled, of('unsettled')] as const]
  return each.filter(([, views]) => views !== '')
}

function differenceText(difference: ShownDifference, style: ReturnType<typeof styleOf>): string {
  const { view, store, kind, key, readings } = difference
  const name = parseKey(view, key).map((cell, i) => text(view.key[i] as View['key'][number], cell))
  const lines = [`${style.strong(`${view.name} ${name.join(' ')}`)} in ${store}: ${style.bad(kind)}`]
  const columns = columnsOf(difference)
  if (kind === 'changed')
    lines.push(
      ...columns.map(({ column, expected, found }) => `  ${column}: ${valueText(found)}, expected ${valueText(expected)}`),
    )
  else lines.push(`  ${columns.map(({ column, expected, found }) => `${column} ${valueText(expected ?? found)}`).join(', ')}`)
  if (readings.length > 0) lines.push(`  ${style.faint(`readings: ${readingsText(readings)}`)}`)
  return `${lines.join('\n')}\n`
}

function readingsText(readings: readonly ExplainedReading[]): string {
  const some = readings.slice(0, READINGS).map(({ topic, partition, offset }) => `${topic}/${partition}@${offset}`)
  const more = readings.length - some.length
  return `${some.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

const columnsOf = ({ view, expected, found }: ShownDifference): DifferingColumn[] => differingColumns(view, expected, found)
const text = (column: View['columns'][number], cell: Cell): string => valueText(jsonCell(column, cell))
