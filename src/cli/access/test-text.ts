import { shownText } from '../../core/shown-text.ts'
import type { TriedCell } from '../../warehouse/access/try-access.ts'
import { GROUPS, type Group } from '../../warehouse/roles.ts'
import type { Output } from '../output.ts'
import { type Style, styleOf } from '../style.ts'
import { renderTable } from '../table.ts'

const groups = Object.keys(GROUPS) as Group[]

interface Row {
  readonly kind: TriedCell['kind']
  readonly objects: readonly string[]
  readonly actions: readonly string[]
  readonly cells: ReadonlyMap<Group, TriedCell>
}

/** As somebody reads them: what is there, then where it is, then who one is. */
const KINDS = ['view table', 'SQL view', 'health table', 'progress table', 'audit log', 'function', 'schema', 'database', 'role']

/** A line for each action, a column for each group; tables in which nothing differs share a line. */
export function testText(cells: readonly TriedCell[], stdout: Pick<Output, 'columns' | 'colours'>): string {
  const style = styleOf(stdout)
  const columns = [{ title: 'object' }, { title: 'action' }, ...groups.map((group) => ({ title: group }))]
  const shown = merged(rowsOf(cells))
  const rows = shown.map(({ objects, actions, cells: each }) => [
    objectsText(objects),
    actions.join(', '),
    ...groups.map((group) => cellText(style, each.get(group))),
  ])
  const wrong = cells.filter(({ isWrong }) => isWrong)
  const untried = cells.filter(({ found }) => found === 'not tried')
  return [
    renderTable(columns, rows, stdout),
    shown.every((row) => row.cells.size === groups.length) ? '' : style.faint('An empty cell does not concern its group.\n'),
    ...wrong.map((cell) => `${style.bad('WRONG')} ${sentenceOf(cell)}\n`),
    ...untried.map(
      ({ group, object, action, detail }) => `${style.warn('not tried:')} ${group}, ${action}, ${object}: ${detail}\n`,
    ),
    wrong.length === 0
      ? `\n${style.good('ok')} ${cells.length - untried.length} cells are as they should be.\n`
      : `\n${style.bad(`${wrong.length} of ${cells.length} cells are wrong.`)} windrow access report tells more; windrow access setup mends what it made.\n`,
  ].join('')
}

function sentenceOf({ group, object, action, expected, found, detail }: TriedCell): string {
  const what = `${group}, ${action}, ${shownText(object)}:`
  return detail === null ? `${what} ${found}, should be ${expected}` : `${what} ${detail}`
}

/** One for each object and action, in the order of `KINDS`. */
function rowsOf(cells: readonly TriedCell[]): Row[] {
  const rows = new Map<string, Row & { readonly cells: Map<Group, TriedCell> }>()
  for (const cell of cells) {
    // How far back is another matter for each group.
    const action = cell.action.replace(/^rows: .*/, 'rows')
    const key = JSON.stringify([cell.kind, action, cell.object])
    const row = rows.get(key) ?? { kind: cell.kind, objects: [cell.object], actions: [action], cells: new Map() }
    row.cells.set(cell.group, cell)
    rows.set(key, row)
  }
  return [...rows.values()].sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind))
}

/** First objects of the same kind to which the same holds, then what holds for the same objects. */
function merged(rows: readonly Row[]): Row[] {
  const found = ({ kind, cells }: Row): string => JSON.stringify([kind, ...groups.map((group) => plainText(cells.get(group)))])
  const byAction = join(
    rows,
    (row) => (row.kind === 'role' ? JSON.stringify(row.objects) : '') + row.actions.join() + found(row),
    (a, b) => ({ ...a, objects: [...a.objects, ...b.objects] }),
  )
  return join(
    byAction,
    (row) => JSON.stringify(row.objects) + found(row),
    (a, b) => ({ ...a, actions: [...a.actions, ...b.actions] }),
  )
}

function join(rows: readonly Row[], keyOf: (row: Row) => string, both: (a: Row, b: Row) => Row): Row[] {
  const joined = new Map<string, Row>()
  for (const row of rows) {
    const same = joined.get(keyOf(row))
    joined.set(keyOf(row), same === undefined ? row : both(same, row))
  }
  return [...joined.values()]
}

function objectsText(objects: readonly string[]): string {
  const [first = '', ...others] = objects.map(shownText)
  return others.length <= 1 ? [first, ...others].join(', ') : `${first} and ${others.length} more`
}

function plainText(cell: TriedCell | undefined): string {
  if (cell === undefined) return ''
  if (cell.isWrong) return 'WRONG'
  if (cell.found === 'not tried') return '?'
  if (cell.action.startsWith('rows')) return cell.action.slice('rows: '.length)
  return cell.found === 'allowed' ? 'yes' : 'no'
}

function cellText(style: Style, cell: TriedCell | undefined): string {
  const text = plainText(cell)
  if (cell?.isWrong === true) return style.bad(text)
  if (text === '?') return style.warn(text)
  return text === 'no' ? style.faint(text) : text
}
