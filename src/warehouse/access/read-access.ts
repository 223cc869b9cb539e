import { quoteText } from '../../sinks/postgres/quote.ts'
import type { SqlSession, SqlValue } from '../../sinks/postgres/sql-client.ts'
import { tableName } from '../../sinks/postgres/table-sql.ts'
import { GROUPS, type Group } from '../roles.ts'
import type { SetupTarget } from '../setup-step.ts'
import { triedObjects } from './access-cells.ts'
import type { ObjectKind } from './grants.ts'
import { isInvokers } from './ownership-steps.ts'
import { textArray } from './sql-text.ts'

export interface GroupFound {
  readonly group: Group
  readonly role: string
  readonly isThere: boolean
  /** Who has what the group has, directly. */
  readonly members: readonly string[]
}

export interface LoginFound {
  readonly name: string
  /** Names of windrow's groups, whose rights it has. */
  readonly groups: readonly string[]
  readonly canLogIn: boolean
  /** Null: only a superuser can see it. */
  readonly hasPassword: boolean | null
  /** ISO 8601, null for no end. */
  readonly validUntil: string | null
  /** -1: no limit. */
  readonly connections: number
  readonly isSuperuser: boolean
  readonly bypassesPolicies: boolean
}

export interface ObjectFound {
  readonly name: string
  readonly kind: ObjectKind
  readonly owner: string
  /** Of a table: whether policies hold. Of a view: whether it shows what its reader may see. */
  readonly isGuarded: boolean
  /** By role (`PUBLIC` for everybody), in order; the owner's are left out. */
  readonly grants: ReadonlyMap<string, readonly string[]>
}

export interface PolicyFound {
  readonly table: string
  readonly name: string
  readonly roles: readonly string[]
  readonly command: string
  readonly isPermissive: boolean
  readonly sees: string | null
  readonly mayWrite: string | null
  readonly comment: string | null
  /** As its comment says it was made. */
  readonly isAsMade: boolean
}

/** Who may what, as the database has it. */
export interface AccessFound {
  readonly groups: readonly GroupFound[]
  readonly logins: readonly LoginFound[]
  readonly objects: readonly ObjectFound[]
  readonly policies: readonly PolicyFound[]
}

/** Reads catalogues that everybody may read, but for whether a password is set. */
export async function readAccess(session: SqlSession, target: SetupTarget): Promise<AccessFound> {
  return {
    groups: await readGroups(session),
    logins: await readLogins(session),
    objects: await readObjects(session, target),
    policies: await readPolicies(session, target),
  }
}

const names = textArray(Object.values(GROUPS))

async function readGroups(session: SqlSession): Promise<GroupFound[]> {
  const { rows } = await session.query(
    `SELECT g.rolname::text, ${jsonArray('r.rolname', 'FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member WHERE m.roleid = g.oid')}
     FROM pg_roles g WHERE g.rolname = ANY (${names})`,
  )
  const members = new Map(rows.map(([role, list]) => [String(role), texts(list)]))
  return (Object.keys(GROUPS) as Group[]).map((group) => {
    const role = GROUPS[group]
    return { group, role, isThere: members.has(role), members: members.get(role) ?? [] }
  })
}

/** Who may log in to this database or has rights of a group, in the order of their names. */
async function readLogins(session: SqlSession): Promise<LoginFound[]> {
  const isSuperuser = (await session.query('SELECT rolsuper FROM pg_roles WHERE rolname = current_user')).rows[0]?.[0] === true
  const password = isSuperuser ? '(SELECT a.rolpassword IS NOT NULL FROM pg_authid a WHERE a.oid = r.oid)' : 'NULL::boolean'
  const groups = jsonArray(
    'g.rolname',
    `FROM pg_roles g WHERE g.rolname = ANY (${names}) AND NOT r.rolsuper AND pg_has_role(r.oid, g.oid, 'USAGE')`,
  )
  const { rows } = await session.query(
    `SELECT * FROM (SELECT r.rolname::text, ${groups} AS groups, r.rolcanlogin, ${password},
       to_char(nullif(r.rolvaliduntil, 'infinity') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), r.rolconnlimit, r.rolsuper, r.rolbypassrls
     FROM pg_roles r WHERE NOT starts_with(r.rolname::text, 'pg_') AND NOT starts_with(r.rolname::text, 'windrow_')) AS l
     WHERE groups <> '[]' OR rolbypassrls OR rolcanlogin AND has_database_privilege(rolname, current_database(), 'CONNECT') ORDER BY rolname COLLATE "C"`,
  )
  return rows.map(([name, list, canLogIn, hasPassword, validUntil, connections, superuser, bypasses]) => ({
    name: String(name),
    groups: texts(list),
    canLogIn: canLogIn === true,
    hasPassword: hasPassword as boolean | null,
    validUntil: validUntil as string | null,
    connections: Number(connections),
    isSuperuser: superuser === true,
    bypassesPolicies: superuser === true || bypasses === true,
  }))
}

async function readObjects(session: SqlSession, target: SetupTarget): Promise<ObjectFound[]> {
  const found: ObjectFound[] = []
  for (const { name, kind } of triedObjects(target)) {
    const { rows } = await session.query(
      `SELECT c.relowner::regrole::text, CASE WHEN c.relkind = 'v' THEN ${isInvokers('c')} ELSE c.relrowsecurity END,
         coalesce((SELECT json_object_agg(grantee, held ORDER BY grantee)::text FROM (
           SELECT coalesce(r.rolname::text, 'PUBLIC') AS grantee, json_agg(DISTINCT a.privilege_type) AS held
           FROM (SELECT x.* FROM aclexplode(c.relacl) AS x
             UNION SELECT x.* FROM pg_attribute t, aclexplode(t.attacl) AS x WHERE t.attrelid = c.oid) AS a
           LEFT JOIN pg_roles r ON r.oid = a.grantee WHERE a.grantee <> c.relowner GROUP BY 1) AS g), '{}')
       FROM pg_class c WHERE c.oid = to_regclass($1)`,
      [tableName(target.schema, name)],
    )
    const row = rows[0]
    if (row === undefined) continue
    const grants = Object.entries(JSON.parse(String(row[2])) as Record<string, string[]>)
    found.push({ name, kind, owner: String(row[0]), isGuarded: row[1] === true, grants: new Map(grants) })
  }
  return found
}

async function readPolicies(session: SqlSession, target: SetupTarget): Promise<PolicyFound[]> {
  const fingerprint = `left(md5(pg_get_expr(p.polqual, p.polrelid) || coalesce(pg_get_expr(p.polwithcheck, p.polrelid), '')), 12)`
  const { rows } = await session.query(
    `SELECT c.relname::text, p.polname::text, coalesce((SELECT json_agg(coalesce(r.rolname::text, 'PUBLIC') ORDER BY r.rolname)::text
         FROM unnest(p.polroles) AS o LEFT JOIN pg_roles r ON r.oid = o), '[]'),
       CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END, p.polpermissive,
       pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid), obj_description(p.oid, 'pg_policy'),
       coalesce(obj_description(p.oid, 'pg_policy') LIKE '%(windrow ' || ${fingerprint} || ')', false)
     FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = ${quoteText(target.schema)} AND c.relname = ANY (${textArray(target.views.map(({ name }) => name))})
     ORDER BY c.relname COLLATE "C", p.polname COLLATE "C"`,
  )
  return rows.map(([table, name, roles, command, isPermissive, sees, mayWrite, comment, isAsMade]) => ({
    table: String(table),
    name: String(name),
    roles: texts(roles),
    command: String(command),
    isPermissive: isPermissive === true,
    sees: sees as string | null,
    mayWrite: mayWrite as string | null,
    comment: comment as string | null,
    isAsMade: isAsMade === true,
  }))
}

/** SQL for a JSON array, as text, of a column's values in order. */
function jsonArray(column: string, from: string): string {
  return `coalesce((SELECT json_agg(${column}::text ORDER BY ${column}::text COLLATE "C") ${from})::text, '[]')`
}

function texts(json: SqlValue | undefined): string[] {
  return JSON.parse(String(json)) as string[]
}
