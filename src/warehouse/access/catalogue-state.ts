import { quoteText } from '../../sinks/postgres/quote.ts'
import type { SqlSession } from '../../sinks/postgres/sql-client.ts'
import { GROUPS, KEEPERS, USERS } from '../roles.ts'
import { textArray } from './sql-text.ts'

const roles = [...Object.values(GROUPS), ...Object.values(KEEPERS), ...Object.keys(USERS)]
const sorted = (acl: string): string => `(SELECT array_agg(a::text ORDER BY a::text) FROM unnest(${acl}) AS a)`

/**
 * All that a set-up can change, as a text that is equal where nothing differs: roles, who is a member, settings, owners, rights, policies,
 * functions, triggers, comments. The order in which rights were given does not count. Passwords are not in it.
 */
export async function catalogueState(session: SqlSession, schema: string): Promise<string> {
  const { rows } = await session.query(
    `SELECT concat_ws(chr(10), ${parts(schema)
      .map((part) => `(${part})`)
      .join(', ')})`,
  )
  return String(rows[0]?.[0])
}

/** Rows of catalogues that this transaction has written: equal where nothing was, and cheaper to ask than the state. */
export async function catalogueWrites(session: SqlSession): Promise<number> {
  const { rows } = await session.query('SELECT sum(n_tup_ins + n_tup_upd + n_tup_del)::float8 FROM pg_stat_xact_sys_tables')
  return Number(rows[0]?.[0])
}

function parts(schema: string): string[] {
  const within = `n.nspname = ${quoteText(schema)}`
  const named = textArray(roles)
  const all = (row: string, from: string): string =>
    `SELECT string_agg(line, chr(10) ORDER BY line) FROM (SELECT concat_ws('|', ${row}) AS line FROM ${from}) AS lines`
  return [
    all(
      `'role', r.rolname, r.rolsuper, r.rolinherit, r.rolcreaterole, r.rolcreatedb, r.rolcanlogin, r.rolbypassrls, r.rolconnlimit, shobj_description(r.oid, 'pg_authid')`,
      `pg_roles r WHERE r.rolname = ANY (${named})`,
    ),
    all(
      `'member', g.rolname, m.rolname, to_jsonb(a) - ARRAY['oid', 'grantor', 'roleid', 'member']`,
      `pg_auth_members a JOIN pg_roles g ON g.oid = a.roleid JOIN pg_roles m ON m.oid = a.member
       WHERE (g.rolname = ANY (${named}) OR m.rolname = ANY (${named}))`,
    ),
    all(
      `'setting', s.setrole::regrole, s.setconfig`,
      `pg_db_role_setting s WHERE s.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    ),
    all(`'database', d.datname, d.datdba::regrole, ${sorted('d.datacl')}`, 'pg_database d WHERE d.datname = current_database()'),
    all(`'schema', n.nspname, n.nspowner::regrole, ${sorted('n.nspacl')}`, `pg_namespace n WHERE ${within}`),
    all(
      `'relation', c.relname, c.relkind, c.relowner::regrole, c.relrowsecurity, c.relforcerowsecurity, c.reloptions, ${sorted('c.relacl')}, obj_description(c.oid, 'pg_class'),
        (SELECT md5(string_agg(concat_ws(',', t.attname, t.atttypid::regtype, ${sorted('t.attacl')}, col_description(c.oid, t.attnum)), ';' ORDER BY t.attnum))
         FROM pg_attribute t WHERE t.attrelid = c.oid AND t.attnum > 0 AND NOT t.attisdropped)`,
      // What a comparison under way has for itself comes and goes.
      `pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${within} AND NOT starts_with(c.relname::text, 'windrow_mend_')`,
    ),
    all(
      `'policy', c.relname, p.polname, p.polcmd, p.polpermissive, (SELECT array_agg(o::regrole::text) FROM unnest(p.polroles) AS o), pg_get_expr(p.polqual, p.polrelid),
        pg_get_expr(p.polwithcheck, p.polrelid), obj_description(p.oid, 'pg_policy')`,
      `pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${within}`,
    ),
    all(
      `'function', p.proname, pg_get_function_identity_arguments(p.oid), p.proowner::regrole, p.prosecdef, p.proconfig, md5(p.prosrc), ${sorted('p.proacl')}, obj_description(p.oid, 'pg_proc')`,
      `pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE ${within}`,
    ),
    all(
      `'trigger', c.relname, t.tgenabled, pg_get_triggerdef(t.oid)`,
      `pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${within} AND NOT t.tgisinternal`,
    ),
  ]
}
