import { quoteText } from '../../sinks/postgres/quote.ts'
import type { SqlSession } from '../../sinks/postgres/sql-client.ts'
import { tableName } from '../../sinks/postgres/table-sql.ts'
import { GROUPS, type Group, KEEPERS, USERS } from '../roles.ts'
import type { TableCount, ViewPosition } from './backup-manifest.ts'

/** Of what a user has made, as SQL over `pg_namespace n`. */
export const USERS_SCHEMA = `n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`

/** True of what an extension brought along, which a dump has as the extension. */
export const ofExtension = (catalogue: string, row: string): string =>
  `EXISTS (SELECT FROM pg_depend x WHERE x.classid = '${catalogue}'::regclass AND x.objid = ${row}.oid AND x.deptype = 'e')`

/** Where a view is compared with its topic: gone at any time, and of use to nobody but who compares. */
export const STAGES = 'windrow_mend_'

/** A table, or what else holds something that a dump has. */
export interface Relation {
  readonly schema: string
  readonly name: string
  /** As `relkind`: r table, p partitioned table, m materialized view, S sequence. */
  readonly kind: string
  /** False where the login may not read it. */
  readonly isReadable: boolean
  /** Policies decide which rows the login sees. */
  readonly isGuarded: boolean
  /** And they show it all of them. */
  readonly isWhole: boolean
}

/** Whether a policy, a row of pg_policy `p`, is one by which this login reads. */
const READS = `p.polrelid = c.oid AND p.polcmd IN ('*', 'r')
  AND EXISTS (SELECT FROM unnest(p.polroles) AS r (oid) WHERE CASE WHEN r.oid = 0 THEN true ELSE pg_has_role(r.oid, 'USAGE') END)`

export async function relationsOf(session: SqlSession, schema: string): Promise<Relation[]> {
  const { rows } = await session.query(
    `SELECT n.nspname::text, c.relname::text, c.relkind::text,
       has_schema_privilege(n.oid, 'USAGE')
         AND CASE c.relkind WHEN 'S' THEN has_sequence_privilege(c.oid, 'SELECT') ELSE has_table_privilege(c.oid, 'SELECT') END,
       row_security_active(c.oid),
       EXISTS (SELECT FROM pg_policy p WHERE ${READS} AND p.polpermissive AND pg_get_expr(p.polqual, p.polrelid) = 'true')
         AND NOT EXISTS (SELECT FROM pg_policy p WHERE ${READS} AND NOT p.polpermissive)
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'm', 'S') AND c.relpersistence <> 't' AND ${USERS_SCHEMA} AND NOT ${ofExtension('pg_class', 'c')}
       AND NOT (n.nspname = ${quoteText(schema)} AND starts_with(c.relname::text, ${quoteText(STAGES)}))
     ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"`,
  )
  return rows.map(([schemaName, name, kind, isReadable, isGuarded, isWhole]) => ({
    schema: String(schemaName),
    name: String(name),
    kind: String(kind),
    isReadable: isReadable === true,
    isGuarded: isGuarded === true,
    isWhole: isGuarded !== true || isWhole === true,
  }))
}

/** A large object of somebody, which a dump has too. Everybody who connects may make some, and give them to nobody. */
export interface LargeObject {
  readonly oid: number
  readonly owner: string
}

/** Those that this login may not read, in order. */
export async function closedLargeObjects(session: SqlSession): Promise<LargeObject[]> {
  const { rows } = await session.query(
    `SELECT l.oid::bigint, pg_get_userbyid(l.lomowner)::text FROM pg_largeobject_metadata l
     WHERE NOT pg_has_role(l.lomowner, 'USAGE') AND NOT EXISTS (SELECT FROM aclexplode(l.lomacl) AS a
       WHERE a.privilege_type = 'SELECT' AND CASE WHEN a.grantee = 0 THEN true ELSE pg_has_role(a.grantee, 'USAGE') END)
     ORDER BY 1`,
  )
  return rows.map(([oid, owner]) => ({ oid: Number(oid), owner: String(owner) }))
}

/** The rows of every table that holds some itself, in the session's moment. */
export async function countTables(
  session: SqlSession,
  relations: readonly Relation[],
  signal: AbortSignal,
): Promise<TableCount[]> {
  const counts: TableCount[] = []
  for (const { schema, name } of relations.filter(({ kind }) => kind === 'r')) {
    signal.throwIfAborted()
    const { rows } = await session.query(`SELECT count(*) FROM ${tableName(schema, name)}`)
    counts.push({ schema, table: name, rows: Number(rows[0]?.[0]) })
  }
  return counts
}

/** How far the views' tables are; none where windrow has never been at work. `generation` is null: only the log knows. */
export async function positionsOf(session: SqlSession, schema: string): Promise<ViewPosition[]> {
  const progress = tableName(schema, 'windrow_progress')
  const there = await session.query(`SELECT to_regclass(${quoteText(progress)}) IS NOT NULL`)
  if (there.rows[0]?.[0] !== true) return []
  const { rows } = await session.query(
    `SELECT view, topic_id, array_to_json(array_agg(next_offset ORDER BY partition))::text FROM ${progress}
     GROUP BY view, topic_id ORDER BY view COLLATE "C", topic_id COLLATE "C"`,
  )
  return rows.map(([view, topicId, offsets]) => ({
    view: String(view),
    topicId: String(topicId),
    generation: null,
    nextOffsets: JSON.parse(String(offsets)) as number[],
  }))
}

export interface RolesInUse {
  readonly owners: readonly string[]
  readonly roles: readonly string[]
}

/** The server's own roles are everywhere; who made the database cluster is in no catalogue of dependencies, and so an owner alone. */
export async function rolesInUse(session: SqlSession): Promise<RolesInUse> {
  const { rows } = await session.query(
    `WITH owners AS (
       SELECT c.relowner AS oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE ${USERS_SCHEMA} AND c.relpersistence <> 't' AND NOT ${ofExtension('pg_class', 'c')}
       UNION SELECT f.proowner FROM pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace
         WHERE ${USERS_SCHEMA} AND NOT ${ofExtension('pg_proc', 'f')}
       UNION SELECT t.typowner FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
         WHERE ${USERS_SCHEMA} AND NOT ${ofExtension('pg_type', 't')}
       UNION SELECT n.nspowner FROM pg_namespace n WHERE ${USERS_SCHEMA})
     SELECT r.rolname::text, o.oid IS NOT NULL FROM pg_roles r LEFT JOIN owners o ON o.oid = r.oid
     WHERE r.rolname !~ '^pg_' AND (o.oid IS NOT NULL OR EXISTS (SELECT FROM pg_shdepend d
       WHERE d.refclassid = 'pg_authid'::regclass AND d.refobjid = r.oid AND d.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())))
     ORDER BY r.rolname COLLATE "C"`,
  )
  return {
    owners: rows.filter(([, isOwner]) => isOwner === true).map(([name]) => String(name)),
    roles: rows.map(([name]) => String(name)),
  }
}

export interface AccessInUse {
  readonly members: readonly { readonly role: string; readonly group: Group }[]
}

/** Null where windrow's tables do not belong to its group: access has never been set up in this database. */
export async function accessInUse(session: SqlSession, schema: string): Promise<AccessInUse | null> {
  const progress = quoteText(tableName(schema, 'windrow_progress'))
  const { rows } = await session.query(
    `SELECT pg_get_userbyid(relowner)::text FROM pg_class WHERE oid = to_regclass(${progress})`,
  )
  if (rows[0]?.[0] !== GROUPS.etl) return null
  const own = [...Object.keys(USERS), ...Object.values(GROUPS), ...Object.values(KEEPERS)].map(quoteText).join(', ')
  const members = await session.query(
    `SELECT DISTINCT m.rolname::text, g.rolname::text FROM pg_auth_members a JOIN pg_roles g ON g.oid = a.roleid JOIN pg_roles m ON m.oid = a.member
     WHERE g.rolname IN (${Object.values(GROUPS).map(quoteText).join(', ')}) AND m.rolname NOT IN (${own}) AND NOT m.rolsuper ORDER BY 1, 2`,
  )
  const groupOf = (name: string): Group => (Object.keys(GROUPS) as Group[]).find((group) => GROUPS[group] === name) as Group
  return { members: members.rows.map(([role, group]) => ({ role: String(role), group: groupOf(String(group)) })) }
}
