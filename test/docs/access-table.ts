import { grantsOf, type ObjectKind } from '../../src/warehouse/access/grants.ts'
import { VISIBLE } from '../../src/warehouse/access/visible-time.ts'
import { GROUPS, type Group, USERS } from '../../src/warehouse/roles.ts'

const objects: Readonly<Record<ObjectKind, string>> = {
  'view table': 'tables of the views (`weather_data`, …)',
  'SQL view': 'views in SQL (`meteo`, `dim_date`, `fact_weather`, …)',
  'health table': '`pipeline_health`',
  'progress table': '`windrow_progress`, `windrow_mends`',
  'audit log': '`audit_log`',
}

const groups = Object.keys(GROUPS) as Group[]

/** Who may do what, as the set-up gives it. */
export function accessTable(): string {
  const users = groups.map((group) => Object.entries(USERS).find(([, of]) => of === group)?.[0])
  const rows = [
    ['group', ...groups.map((group) => `\`${GROUPS[group]}\``)],
    groups.map(() => '---').concat('---'),
    ['user', ...users.map((user) => (user === undefined ? 'whom you name' : `\`${user}\``))],
    ['rows', ...groups.map((group) => (group === 'reader' || group === 'analyst' ? `of the last ${VISIBLE[group]}` : 'all'))],
    ...Object.entries(objects).map(([kind, title]) => [title, ...groups.map((group) => rightsOf(kind as ObjectKind, group))]),
  ]
  return rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function rightsOf(kind: ObjectKind, group: Group): string {
  if (group === 'etl') return kind === 'audit log' ? 'nothing' : 'owns them'
  const rights = grantsOf[kind][group]
  return rights.length === 0 ? 'nothing' : rights.map((right) => right.toLowerCase()).join(', ')
}
