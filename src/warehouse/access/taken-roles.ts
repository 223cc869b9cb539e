import { WindrowError } from '../../core/errors.ts'
import { quoteName, quoteText } from '../../sinks/postgres/quote.ts'
import type { SqlSession } from '../../sinks/postgres/sql-client.ts'
import { GROUPS, KEEPERS, USERS } from '../roles.ts'
import type { SetupStep } from '../setup-step.ts'
import { doBlock, textArray } from './sql-text.ts'

/** A role of windrow's name that may more than windrow gives it: no policy would hold for it. */
export interface TakenRole {
  readonly role: string
  /** Attributes, such as SUPERUSER. */
  readonly attributes: readonly string[]
  /** Roles that it is a member of and should not be. */
  readonly memberOf: readonly string[]
}

const groups = textArray(Object.values(GROUPS))
const keepers = textArray(Object.values(KEEPERS))
const users = textArray(Object.keys(USERS))

/** Roles of the server that read or run what no right of a table guards. */
const BEYOND_TABLES = textArray(['pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program'])

/**
 * SQL for `role`, `attributes` and `member_of`. A user may be of several groups, since people make it so; a group that is of another gives
 * all its members what they should not have. Whoever may make roles gives itself any (before PostgreSQL 16). What a group has of its
 * attributes beside is taken by the set-up itself.
 */
const takenRoles = `SELECT r.rolname::text AS role,
    array_remove(ARRAY[CASE WHEN r.rolsuper THEN 'SUPERUSER' END, CASE WHEN r.rolbypassrls THEN 'BYPASSRLS' END,
      CASE WHEN r.rolreplication THEN 'REPLICATION' END, CASE WHEN r.rolcreaterole AND r.rolname = ANY (${users}) THEN 'CREATEROLE' END], NULL) AS attributes,
    ARRAY(SELECT g.rolname::text FROM pg_roles g WHERE g.oid <> r.oid AND NOT r.rolsuper AND pg_has_role(r.oid, g.oid, 'MEMBER')
      AND (g.rolsuper OR g.rolbypassrls OR g.rolreplication OR g.rolcreaterole OR g.rolname = ANY (${BEYOND_TABLES})
        OR g.rolname = ANY (${keepers}) OR r.rolname = ANY (${groups}) AND g.rolname = ANY (${groups}))
      ORDER BY g.rolname COLLATE "C") AS member_of
  FROM pg_roles r WHERE r.rolname = ANY (${groups} || ${keepers} || ${users})`

const TAKEN = `FROM (${takenRoles}) AS t WHERE cardinality(t.attributes) + cardinality(t.member_of) > 0`

export async function findTakenRoles(session: SqlSession): Promise<TakenRole[]> {
  const { rows } = await session.query(
    `SELECT role, array_to_json(attributes)::text, array_to_json(member_of)::text ${TAKEN} ORDER BY role COLLATE "C"`,
  )
  return rows.map(([role, attributes, memberOf]) => ({
    role: String(role),
    attributes: JSON.parse(String(attributes)) as string[],
    memberOf: JSON.parse(String(memberOf)) as string[],
  }))
}

/** Throws WR_ACCESS_ROLE_TAKEN where there is one. */
export async function refuseTakenRoles(session: SqlSession): Promise<void> {
  const taken = await findTakenRoles(session)
  const [first] = taken
  if (first === undefined) return
  throw new WindrowError('WR_ACCESS_ROLE_TAKEN', {
    message: `the server has roles of these names that may more than they should: ${taken.map(describeTaken).join(', ')}`,
    remedy: `Rename them if they are not windrow's (ALTER ROLE … RENAME TO …), else take it from them: ${remedyOf(first)}`,
    facts: { taken },
    kind: 'usage',
  })
}

/** `user_readonly (SUPERUSER, member of boss)` */
export function describeTaken({ role, attributes, memberOf }: TakenRole): string {
  return `${role} (${[...attributes, ...memberOf.map((name) => `member of ${name}`)].join(', ')})`
}

/** Statements. A membership may be by way of another role. */
export function remedyOf({ role, attributes, memberOf }: TakenRole): string {
  const name = quoteName(role)
  return [
    ...(attributes.length === 0 ? [] : [`ALTER ROLE ${name} ${attributes.map((each) => `NO${each}`).join(' ')};`]),
    ...memberOf.map((group) => `REVOKE ${quoteName(group)} FROM ${name};`),
  ].join(' ')
}

/** The same for a script. */
export const refuseTakenRolesStep: SetupStep = {
  what: 'no role of these names may more than it should',
  sql: doBlock(`DECLARE taken text;
BEGIN
  SELECT string_agg(format('%s (%s)', role, array_to_string(attributes || member_of, ', ')), '; ') INTO taken ${TAKEN};
  IF taken IS NOT NULL THEN
    RAISE EXCEPTION ${quoteText('roles of these names may more than they should, or are members of what they should not be: %')}, taken
      USING HINT = 'Rename them if they are not windrow''s, or take it from them.';
  END IF;
END`),
}
