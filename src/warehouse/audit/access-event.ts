import { quoteText } from '../../sinks/postgres/quote.ts'
import { tableName } from '../../sinks/postgres/table-sql.ts'
import { GROUPS, KEEPERS } from '../roles.ts'
import type { SetupStep } from '../setup-step.ts'
import { asKeeperWrites } from './as-keeper.ts'
import { dollarQuoted } from './dollar-quoted.ts'

const list = (names: readonly string[]): string => names.map(quoteText).join(', ')
const OF_GROUPS = list(Object.values(GROUPS))
const OF_KEEPERS = list(Object.values(KEEPERS))
const OWN = `${OF_GROUPS}, ${OF_KEEPERS}`

/**
 * Who is a member of which of windrow's roles, by role, and what those may who get rights by it. Whoever runs this is not named among the
 * keepers, of whom it is a member for the time.
 */
const ACCESS = `jsonb_build_object(
    'members', (SELECT coalesce(jsonb_object_agg(each.role, each.members), '{}') FROM (
      SELECT g.rolname AS role, jsonb_agg(DISTINCT m.rolname ORDER BY m.rolname) AS members
      FROM pg_auth_members AS a JOIN pg_roles AS g ON g.oid = a.roleid JOIN pg_roles AS m ON m.oid = a.member
      WHERE g.rolname IN (${OWN}) AND NOT (g.rolname IN (${OF_KEEPERS}) AND m.rolname = session_user)
      GROUP BY g.rolname) AS each),
    'roles', (SELECT jsonb_object_agg(r.rolname, jsonb_build_object('login', r.rolcanlogin, 'superuser', r.rolsuper,
        'createrole', r.rolcreaterole, 'bypassrls', r.rolbypassrls, 'valid_until', r.rolvaliduntil AT TIME ZONE 'UTC'))
      FROM pg_roles AS r
      WHERE r.rolname IN (${OWN}) OR NOT r.rolsuper AND EXISTS (
        SELECT FROM pg_roles AS g WHERE g.rolname IN (${OF_GROUPS}) AND pg_has_role(r.oid, g.oid, 'MEMBER'))))`

/**
 * Notes who has which role, where that is not as it was when a set-up noted it last: whether this one changed it, or somebody did in
 * between. Roles are the server's: no trigger is called where they change.
 */
export function accessEvent(schema: string): SetupStep {
  const log = tableName(schema, 'audit_log')
  const statements = `
SELECT l.details -> 'new' INTO before
FROM ${log} AS l
WHERE l.table_name = 'pg_auth_members' AND l.operation = 'ACCESS'
ORDER BY l."timestamp" DESC, l.id DESC
LIMIT 1;
IF before IS DISTINCT FROM after THEN
  INSERT INTO ${log} (table_name, operation, details)
  VALUES ('pg_auth_members', 'ACCESS', jsonb_build_object('old', before, 'new', after));
END IF;`
  const body = `
DECLARE
  before jsonb;
  after jsonb := ${ACCESS};
BEGIN
${asKeeperWrites(KEEPERS.audit, statements)}
END`
  return { what: 'who has which role is noted', sql: `DO ${dollarQuoted(body)}` }
}
