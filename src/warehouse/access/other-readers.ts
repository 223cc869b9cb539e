import { WindrowError } from '../../core/errors.ts'
import { quoteText } from '../../sinks/postgres/quote.ts'
import type { SqlSession } from '../../sinks/postgres/sql-client.ts'
import { tableName } from '../../sinks/postgres/table-sql.ts'
import { GROUPS, KEEPERS } from '../roles.ts'
import type { SetupStep, SetupTarget } from '../setup-step.ts'
import type { Membership } from './role-steps.ts'
import { doBlock, relations, textArray } from './sql-text.ts'

/** Who holds something on a view's table without being of a group: with policies on it they would see no row, and not be told. */
export interface OtherReader {
  readonly role: string
  /** Names of tables, in order. */
  readonly tables: readonly string[]
}

export async function findOtherReaders(
  session: SqlSession,
  target: SetupTarget,
  members: readonly Membership[],
): Promise<OtherReader[]> {
  const { rows } = await session.query(
    `SELECT reader, string_agg(DISTINCT relname, ', ') FROM (${otherReaders(target, members)}) AS o GROUP BY reader ORDER BY reader`,
  )
  return rows.map(([role, tables]) => ({ role: String(role), tables: String(tables).split(', ') }))
}

/** Throws WR_ACCESS_OTHER_READERS where there is one. */
export async function refuseOtherReaders(
  session: SqlSession,
  target: SetupTarget,
  members: readonly Membership[],
): Promise<void> {
  const others = await findOtherReaders(session, target, members)
  if (others.length === 0) return
  const roles = others.map(({ role }) => role)
  const named = roles.filter((role) => role !== EVERYBODY)
  const options = named.map((role) => `--member ${shellWord(`${role}=backup`)}`).join(' ')
  const revoke = roles.includes(EVERYBODY)
    ? 'what PUBLIC may is taken from it by REVOKE ALL ON ALL TABLES IN SCHEMA … FROM PUBLIC'
    : null
  const join =
    named.length === 0
      ? null
      : `run it again with ${options} (sees all; =reader: 30 days, =analyst: 6 months), or revoke their rights`
  throw new WindrowError('WR_ACCESS_OTHER_READERS', {
    message: `${roles.join(', ')} may read tables of views (${others[0]?.tables.slice(0, 3).join(', ')}${others.some(({ tables }) => tables.length > 3) ? ', …' : ''}), would see no row any more, and would not be told. Nothing was changed`,
    remedy: `Say what they are to see: ${[join, revoke].filter((each) => each !== null).join('; ')}.`,
    facts: { others },
    kind: 'usage',
  })
}

/** The same for a script. */
export function refuseOtherReadersStep(target: SetupTarget, members: readonly Membership[]): SetupStep {
  return {
    what: 'nobody who reads the tables now is to see nothing afterwards',
    sql: doBlock(`DECLARE others text;
BEGIN
  SELECT string_agg(DISTINCT reader, ', ') INTO others FROM (${otherReaders(target, members)}) AS o;
  IF others IS NOT NULL THEN
    RAISE EXCEPTION '% would see no row any more', others
      USING HINT = 'Make the script with --member ROLE=backup (or reader, analyst, admin), or revoke their rights.';
  END IF;
END`),
  }
}

const EVERYBODY = 'PUBLIC'

/** SQL for `reader` and `relname`, one row for each right. */
function otherReaders(target: SetupTarget, members: readonly Membership[]): string {
  const tables = relations(target.views.map(({ name }) => tableName(target.schema, name)))
  const known = textArray([...Object.values(GROUPS), ...Object.values(KEEPERS), ...members.map(({ role }) => role)])
  const groups = Object.values(GROUPS).map(quoteText).join(', ')
  return `SELECT coalesce(r.rolname::text, '${EVERYBODY}') AS reader, h.relname::text AS relname
  FROM (SELECT c.relname, c.relowner, a.grantee FROM pg_class c, aclexplode(c.relacl) AS a
      WHERE c.oid IN ${tables} AND a.privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
    UNION SELECT c.relname, c.relowner, a.grantee FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid, aclexplode(t.attacl) AS a
      WHERE c.oid IN ${tables}
    UNION SELECT c.relname, c.relowner, m.member FROM pg_class c, pg_auth_members m
      WHERE c.oid IN ${tables} AND m.roleid IN ('pg_read_all_data'::regrole, 'pg_write_all_data'::regrole)) AS h
  LEFT JOIN pg_roles r ON r.oid = h.grantee
  WHERE h.grantee <> h.relowner AND NOT coalesce(r.rolsuper OR r.rolbypassrls OR r.rolname = ANY (${known}), false)
    AND NOT EXISTS (SELECT FROM pg_roles g WHERE g.rolname IN (${groups}) AND r.oid IS NOT NULL AND pg_has_role(r.oid, g.oid, 'USAGE'))
    AND NOT (r.oid IS NOT NULL AND pg_has_role(r.oid, h.relowner, 'USAGE'))`
}

/** For a command line that somebody copies: in quotes where it would be something else. */
function shellWord(text: string): string {
  return /^[\w=.@-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
