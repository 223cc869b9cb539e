import type { SqlClient } from '../../../src/sinks/postgres/sql-client.ts'

const USERS = `n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`
/** An access list in an order of its own. */
const acl = (list: string): string => `(SELECT array_agg(x ORDER BY x) FROM (SELECT a.grantor::regrole || '>'
  || CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END || ':' || a.privilege_type || a.is_grantable AS x FROM aclexplode(${list}) AS a) AS each)`
const OURS = `(r.rolname ~ '^(windrow_|user_)' OR r.rolname = 'keeper_of_notes')`

/** Each gives a line of texts for everything of its kind, in any order. */
const questions: Readonly<Record<string, string>> = {
  schemas: `SELECT n.nspname, n.nspowner::regrole, ${acl('n.nspacl')}, obj_description(n.oid) FROM pg_namespace n WHERE ${USERS}`,
  relations: `SELECT c.oid::regclass, c.relkind, c.relowner::regrole, ${acl('c.relacl')}, c.relrowsecurity, c.relforcerowsecurity, c.reloptions,
    obj_description(c.oid, 'pg_class'), CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${USERS}`,
  columns: `SELECT c.oid::regclass, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid), a.attidentity, a.attgenerated,
    ${acl('a.attacl')}, col_description(c.oid, a.attnum), row_number() OVER (PARTITION BY c.oid ORDER BY a.attnum)
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE ${USERS} AND a.attnum > 0 AND NOT a.attisdropped`,
  indexes: `SELECT pg_get_indexdef(i.indexrelid), i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${USERS}`,
  constraints: `SELECT k.conrelid::regclass, k.conname, pg_get_constraintdef(k.oid) FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace WHERE ${USERS}`,
  triggers: `SELECT pg_get_triggerdef(t.oid), t.tgenabled FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${USERS} AND NOT t.tgisinternal`,
  policies: `SELECT p.polrelid::regclass, p.polname, p.polcmd, p.polpermissive, (SELECT array_agg(r::regrole::text ORDER BY 1) FROM unnest(p.polroles) r),
    pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid), obj_description(p.oid, 'pg_policy') FROM pg_policy p`,
  functions: `SELECT pg_get_functiondef(f.oid), f.proowner::regrole, ${acl('f.proacl')}, obj_description(f.oid, 'pg_proc')
    FROM pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace WHERE ${USERS} AND f.prokind IN ('f', 'p')`,
  sequences: `SELECT schemaname, sequencename, last_value, increment_by, cycle FROM pg_sequences`,
  'default rights': `SELECT d.defaclrole::regrole, n.nspname, d.defaclobjtype, ${acl('d.defaclacl')} FROM pg_default_acl d JOIN pg_namespace n ON n.oid = d.defaclnamespace`,
  database: `SELECT datdba::regrole, ${acl('datacl')} FROM pg_database WHERE datname = current_database()`,
  'settings of roles': `SELECT s.setrole::regrole, s.setconfig FROM pg_db_role_setting s WHERE s.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  roles: `SELECT r.rolname, r.rolsuper, r.rolcreaterole, r.rolcreatedb, r.rolcanlogin, r.rolconnlimit, r.rolbypassrls, shobj_description(r.oid, 'pg_authid') FROM pg_roles r WHERE ${OURS}`,
  memberships: `SELECT a.roleid::regrole, r.rolname, a.admin_option FROM pg_auth_members a JOIN pg_roles r ON r.oid = a.member WHERE ${OURS}`,
}

/** What a database has but for its rows, as lines that can be compared. */
export async function catalogueOf(client: SqlClient): Promise<Record<string, readonly string[]>> {
  const found: Record<string, readonly string[]> = {}
  for (const [what, question] of Object.entries(questions)) {
    const { rows } = await client.query(`SELECT row_to_json(q)::text FROM (${question}) AS q ORDER BY 1`)
    found[what] = rows.map(([line]) => String(line))
  }
  return found
}

/** Every row of every table, as text, in an order of its own. */
export async function rowsOf(client: SqlClient): Promise<Record<string, readonly string[]>> {
  const tables = await client.query(
    `SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'm') AND ${USERS} ORDER BY 1`,
  )
  const found: Record<string, readonly string[]> = {}
  for (const [table] of tables.rows) {
    const { rows } = await client.query(`SELECT t::text FROM ${table} AS t ORDER BY 1`)
    found[String(table)] = rows.map(([row]) => String(row))
  }
  return found
}
