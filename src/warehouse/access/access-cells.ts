import { quoteName } from '../../sinks/postgres/quote.ts'
import { tableName } from '../../sinks/postgres/table-sql.ts'
import { GROUPS, type Group, USERS } from '../roles.ts'
import type { SetupTarget } from '../setup-step.ts'
import { type Grants, grantsOf, type ObjectKind, objectsOf, type TablePrivilege, type WindrowObject } from './grants.ts'

/** One attempt: a role, what it tries to do with what, and whether it should succeed. */
export interface Cell {
  readonly group: Group
  readonly object: string
  readonly kind: ObjectKind | 'schema' | 'database' | 'role'
  readonly action: string
  readonly isAllowed: boolean
  /** Changes and locks nothing where it is refused. */
  readonly statement: string
  /**
   * SQL, asked first, that is true where the right is there. What would lock a table or take something away is then believed and not
   * tried; null: it is always tried.
   */
  readonly believed: string | null
}

const groups = Object.keys(GROUPS) as Group[]

/** Who each group is tried as: its user, which has what the group has and no more; administrators have none. */
export function triedAs(group: Group): string {
  const user = Object.entries(USERS).find(([, of]) => of === group)
  return user?.[0] ?? GROUPS[group]
}

/** windrow's own, and the log of changes, which nobody may change but its keeper. */
export function triedObjects(target: SetupTarget): WindrowObject[] {
  return [...objectsOf(target), { name: 'audit_log', kind: 'audit log' }]
}

/** Every cell for the objects that are there. `columns` has a column of each table. */
export function cellsOf(target: SetupTarget, columns: ReadonlyMap<string, string>): Cell[] {
  const objects = triedObjects(target).filter(({ name }) => columns.has(name))
  return groups.flatMap((group) => [
    ...objects.flatMap(({ name, kind }) => objectCells(target.schema, group, name, kind, columns.get(name) as string)),
    ...placeCells(target.schema, group),
  ])
}

function objectCells(schema: string, group: Group, name: string, kind: ObjectKind, column: string): Cell[] {
  const table = tableName(schema, name)
  const isOwner = group === 'etl' && kind !== 'audit log'
  const owned = `pg_has_role(current_user, c.relowner, 'USAGE')`
  const believed = (right: string): string => `SELECT ${right} FROM pg_class c WHERE c.oid = to_regclass($1)`
  const cell = (action: string, isAllowed: boolean, statement: string, ask: string | null = null): Cell => ({
    group,
    object: name,
    kind,
    action,
    isAllowed,
    statement,
    believed: ask,
  })
  const may = (privilege: TablePrivilege): boolean => isOwner || mayOn(group, grantsOf[kind], privilege)
  const select = cell('select', may('SELECT'), `SELECT FROM ${table} LIMIT 1`)
  // Whether a view can be written to at all is a question of its query: who may is refused otherwise.
  if (kind === 'SQL view') {
    return group === 'etl' ? [select] : [select, cell('delete', false, `DELETE FROM ${table} WHERE false`)]
  }
  return [
    select,
    cell('insert', may('INSERT'), `INSERT INTO ${table} (${quoteName(column)}) SELECT NULL WHERE false`),
    cell('update', may('UPDATE'), `UPDATE ${table} SET ${quoteName(column)} = DEFAULT WHERE false`),
    cell('delete', may('DELETE'), `DELETE FROM ${table} WHERE false`),
    cell('truncate', isOwner, `TRUNCATE ${table}`, believed("has_table_privilege(c.oid, 'TRUNCATE')")),
    cell('disable triggers', isOwner, `ALTER TABLE ${table} DISABLE TRIGGER ALL`, believed(owned)),
    cell('disable policies', isOwner, `ALTER TABLE ${table} DISABLE ROW LEVEL SECURITY`, believed(owned)),
  ]
}

function mayOn(group: Group, grants: Grants, privilege: TablePrivilege): boolean {
  return group !== 'etl' && grants[group].includes(privilege)
}

function placeCells(schema: string, group: Group): Cell[] {
  const place = { group, believed: null }
  return [
    {
      ...place,
      object: schema,
      kind: 'schema',
      action: 'create a table',
      isAllowed: group === 'etl',
      statement: `CREATE TABLE ${tableName(schema, PROBE)} ()`,
    },
    {
      ...place,
      object: schema,
      kind: 'schema',
      action: 'create a function',
      isAllowed: group === 'etl',
      statement: `CREATE FUNCTION ${tableName(schema, PROBE)}() RETURNS int LANGUAGE sql AS 'SELECT 1'`,
    },
    {
      ...place,
      object: 'database',
      kind: 'database',
      action: 'create a temporary table',
      isAllowed: group === 'analyst',
      statement: `CREATE TEMPORARY TABLE ${PROBE} ()`,
    },
    {
      ...place,
      object: 'database',
      kind: 'database',
      action: 'create a schema',
      isAllowed: false,
      statement: `CREATE SCHEMA ${PROBE}`,
    },
    {
      ...place,
      object: 'server',
      kind: 'role',
      action: 'create a role',
      isAllowed: false,
      statement: `CREATE ROLE ${PROBE}`,
    },
    {
      ...place,
      object: 'server',
      kind: 'role',
      action: 'read the passwords',
      isAllowed: false,
      statement: 'SELECT FROM pg_catalog.pg_authid LIMIT 1',
    },
  ]
}

const PROBE = 'windrow_access_probe'
