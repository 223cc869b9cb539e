import { shownText } from '../../core/shown-text.ts'
import type { Gap } from '../../warehouse/access/find-gaps.ts'
import type { AccessFound, LoginFound, ObjectFound } from '../../warehouse/access/read-access.ts'
import { GROUPS } from '../../warehouse/roles.ts'
import type { Output } from '../output.ts'
import { styleOf } from '../style.ts'
import { renderTable } from '../table.ts'

type Terminal = Pick<Output, 'columns' | 'colours'>

export function reportJson(found: AccessFound, gaps: readonly Gap[]): string {
  const objects = found.objects.map((object) => ({ ...object, grants: Object.fromEntries(object.grants) }))
  return `${JSON.stringify({ ...found, objects, gaps }, null, 2)}\n`
}

/** Groups, logins, rights, policies, and what is not as it should be. */
export function reportText(found: AccessFound, gaps: readonly Gap[], stdout: Terminal): string {
  const style = styleOf(stdout)
  const sections = [
    ['Groups', groupTable(found, stdout)],
    ['Logins', loginTable(found.logins, stdout)],
    ['Rights (r: select, a: insert, w: update, d: delete)', objectTable(found.objects, stdout)],
    ['Rows (policies)', policyTable(found, stdout)],
    ['Not as windrow access setup makes it', gapTable(gaps, stdout)],
  ] as const
  return sections.map(([title, text]) => `${style.strong(title)}\n${text}`).join('\n')
}

function groupTable({ groups }: AccessFound, stdout: Terminal): string {
  const rows = groups.map(({ role, isThere, members }) => [role, isThere ? members.map(shownText).join(', ') : 'is not there'])
  return renderTable([{ title: 'group' }, { title: 'members' }], rows, stdout)
}

function loginTable(logins: readonly LoginFound[], stdout: Terminal): string {
  const columns = [
    { title: 'login' },
    { title: 'groups' },
    { title: 'password' },
    { title: 'until' },
    { title: 'sessions' },
    { title: 'beyond policies' },
  ]
  const rows = logins.map((login) => [
    shownText(login.name),
    login.groups.join(', '),
    !login.canLogIn ? 'cannot log in' : login.hasPassword === null ? '?' : login.hasPassword ? 'set' : 'none',
    login.validUntil ?? '',
    login.connections < 0 ? 'any' : String(login.connections),
    login.isSuperuser ? 'superuser' : login.bypassesPolicies ? 'BYPASSRLS' : '',
  ])
  return renderTable(columns, rows, stdout)
}

const LETTERS: Readonly<Record<string, string>> = {
  SELECT: 'r',
  INSERT: 'a',
  UPDATE: 'w',
  DELETE: 'd',
  TRUNCATE: 'D',
  REFERENCES: 'x',
  TRIGGER: 't',
}

function objectTable(objects: readonly ObjectFound[], stdout: Terminal): string {
  const own = Object.values(GROUPS).filter((role) => role !== GROUPS.etl) as readonly string[]
  const columns = [
    { title: 'object' },
    { title: 'owner' },
    ...own.map((role) => ({ title: role.replace('windrow_', '') })),
    { title: 'others' },
  ]
  const rows = objects.map(({ name, owner, grants }) => [
    shownText(name),
    owner,
    ...own.map((role) => letters(grants.get(role))),
    [...grants]
      .filter(([role]) => !own.includes(role))
      .map(([role, held]) => `${shownText(role)}=${letters(held)}`)
      .join(' '),
  ])
  return renderTable(columns, rows, stdout)
}

/** In psql's order. */
function letters(held: readonly string[] = []): string {
  const order = Object.keys(LETTERS)
  return [...held]
    .sort((a, b) => order.indexOf(a) - order.indexOf(b))
    .map((right) => LETTERS[right] ?? 'm')
    .join('')
}

/** Tables whose policies say the same share their lines. */
function policyTable({ objects, policies }: AccessFound, stdout: Terminal): string {
  const lines = new Map<string, { readonly cells: readonly string[]; readonly tables: string[] }>()
  for (const { table, name, roles, command, sees, mayWrite } of policies) {
    const whom = roles.map(shownText).join(', ')
    const text =
      mayWrite === null || mayWrite === sees ? conditionText(sees) : `${conditionText(sees)}; writes: ${conditionText(mayWrite)}`
    const key = JSON.stringify([name, whom, command, text])
    const line = lines.get(key) ?? { cells: [whom, command.toLowerCase(), text], tables: [] }
    line.tables.push(shownText(table))
    lines.set(key, line)
  }
  const without = objects.filter(({ kind, isGuarded }) => kind === 'view table' && !isGuarded).map(({ name }) => shownText(name))
  const rows = [
    ...[...lines.values()]
      .sort((a, b) => (a.cells[0] ?? '').localeCompare(b.cells[0] ?? ''))
      .map(({ cells, tables }) => [cells[0] ?? '', cells[1] ?? '', cells[2] ?? '', tables.join(', ')]),
    ...(without.length === 0 ? [] : [['everybody who may read', 'all', 'every row', without.join(', ')]]),
  ]
  return renderTable([{ title: 'role' }, { title: 'may' }, { title: 'rows where' }, { title: 'of' }], rows, stdout)
}

/** Without the brackets around the whole. */
function conditionText(condition: string | null): string {
  if (condition === null || condition === 'true') return 'every row'
  return shownText(condition.replace(/^\((.*)\)$/s, '$1'))
}

function gapTable(gaps: readonly Gap[], stdout: Terminal): string {
  const style = styleOf(stdout)
  if (gaps.length === 0) return `${style.good('ok')} nothing\n`
  const rows = gaps.map(({ severity, text, remedy }) => [
    severity === 'problem' ? style.bad('bad') : style.good('ok'),
    shownText(text),
    shownText(remedy ?? ''),
  ])
  return renderTable([{ title: '' }, { title: 'found' }, { title: 'remedy' }], rows, stdout)
}
