import { WindrowError } from '../../core/errors.ts'
import { assertVersion } from '../../sinks/postgres/postgres-errors.ts'
import { quoteName, quoteText } from '../../sinks/postgres/quote.ts'
import type { SqlSession } from '../../sinks/postgres/sql-client.ts'
import { GROUPS, KEEPERS } from '../roles.ts'
import type { SetupTarget } from '../setup-step.ts'
import { refuseOtherOwners } from './other-owners.ts'
import { ownObjects, tablesOf } from './ownership-steps.ts'
import type { Membership } from './role-steps.ts'
import { textArray } from './sql-text.ts'
import { refuseTakenRoles } from './taken-roles.ts'

/** What there is to set up. */
export interface Found {
  readonly version: number
  readonly role: string
  readonly isSuperuser: boolean
  /** Tables of views that the pipeline has not made yet. */
  readonly missing: readonly string[]
  /** Where the role does not own the database, others may connect to it as before. */
  readonly ownsDatabase: boolean
}

/**
 * Looks before anything is changed. Rejects with WR_SQL_VERSION, WR_ACCESS_NO_TABLES, WR_ACCESS_RIGHTS, WR_ACCESS_ROLE_TAKEN,
 * WR_ACCESS_OTHER_OWNERS or WR_ACCESS_MEMBER.
 */
export async function assertMaySetUp(
  session: SqlSession,
  where: string,
  target: SetupTarget,
  members: readonly Membership[],
): Promise<Found> {
  const { rows } = await session.query(
    `SELECT current_setting('server_version_num')::int, r.rolname::text, r.rolsuper, r.rolcreaterole, pg_has_role(d.datdba, 'USAGE'),
       (SELECT array_to_json(array_agg(name))::text FROM unnest(${textArray(tablesOf(target))}) AS name
         WHERE to_regclass(format('%I.%I', ${quoteText(target.schema)}, name)) IS NULL),
       d.datname::text
     FROM pg_roles r, pg_database d WHERE r.rolname = current_user AND d.datname = current_database()`,
  )
  const [version, role, isSuperuser, makesRoles, ownsDatabase, missingJson, database] = rows[0] ?? []
  assertVersion(where, Number(version))
  const missing = JSON.parse(String(missingJson ?? '[]')) as string[]
  if (missing.includes('windrow_progress')) throw noTables(where, String(database))
  if (isSuperuser !== true) await assertRights(session, target, String(role), makesRoles === true)
  await refuseTakenRoles(session)
  await refuseOtherOwners(session, target)
  await assertMembers(session, members)
  return {
    version: Number(version),
    role: String(role),
    isSuperuser: isSuperuser === true,
    missing: missing.filter((name) => target.views.some((view) => view.name === name)),
    ownsDatabase: ownsDatabase === true,
  }
}

function noTables(where: string, database: string): WindrowError {
  return new WindrowError('WR_ACCESS_NO_TABLES', {
    message: `the database ${database} (${where}) has no tables of windrow's yet`,
    remedy:
      'Let `windrow run --until-end` or `windrow start` make them first; POSTGRES_ADMIN_URL names the same server and database as POSTGRES_URL.',
    facts: { where, database },
    kind: 'usage',
  })
}

/** Who is no superuser must be able to make roles, and own what is to be given away. */
async function assertRights(session: SqlSession, target: SetupTarget, role: string, makesRoles: boolean): Promise<void> {
  const { rows } = await session.query(
    `SELECT c.relname::text FROM pg_class c JOIN pg_roles o ON o.oid = c.relowner
     WHERE ${ownObjects(target)} AND o.rolname <> ${quoteText(GROUPS.etl)} AND NOT pg_has_role(o.oid, 'USAGE') ORDER BY 1`,
  )
  const schema = await session.query(
    `SELECT has_schema_privilege(n.oid, 'CREATE WITH GRANT OPTION') OR EXISTS (SELECT FROM aclexplode(n.nspacl) AS a JOIN pg_roles g ON g.oid = a.grantee
       WHERE g.rolname = ${quoteText(GROUPS.etl)} AND a.privilege_type = 'CREATE') FROM pg_namespace n WHERE n.nspname = ${quoteText(target.schema)}`,
  )
  const lacks = [
    ...(makesRoles ? [] : ['may not make roles (CREATEROLE)']),
    ...(rows.length === 0 ? [] : [`does not own ${shortList(rows.map(([name]) => String(name)))}`]),
    ...(schema.rows[0]?.[0] === true ? [] : [`may not let others make tables in the schema ${target.schema}`]),
  ]
  if (lacks.length === 0) return
  throw new WindrowError('WR_ACCESS_RIGHTS', {
    message: `the role ${role} ${lacks.join(', and ')}`,
    remedy:
      "Set POSTGRES_ADMIN_URL to a superuser's address, or to one of a role with CREATEROLE that owns windrow's tables and the database; `windrow access setup --print` writes a script that somebody with these rights can run by psql.",
    facts: { role, lacks },
    kind: 'usage',
  })
}

async function assertMembers(session: SqlSession, members: readonly Membership[]): Promise<void> {
  for (const { role, group } of members) {
    const { rows } = await session.query('SELECT rolsuper FROM pg_roles WHERE rolname = $1', [role])
    const own = [...Object.values(GROUPS), ...Object.values(KEEPERS)] as readonly string[]
    const problem = rows.length === 0 ? 'there is no such role' : own.includes(role) ? "it is one of windrow's own groups" : null
    if (problem === null) continue
    throw new WindrowError('WR_ACCESS_MEMBER', {
      message: `${JSON.stringify(role)} cannot be a member of ${GROUPS[group]}: ${problem}`,
      remedy:
        rows.length === 0
          ? `Make it first (CREATE ROLE ${quoteName(role)} LOGIN), or name one that \\du of psql lists, with capitals as they are there.`
          : 'Name a role of the server that is a person or a program, as \\du of psql lists them.',
      facts: { role, group },
      kind: 'usage',
    })
  }
}

function shortList(names: readonly string[]): string {
  return names.length <= 4 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`
}
