import { quoteName, quoteText } from '../../sinks/postgres/quote.ts'
import { tableName } from '../../sinks/postgres/table-sql.ts'
import { GROUPS } from '../roles.ts'
import type { SetupStep, SetupTarget } from '../setup-step.ts'
import { GRANTEES, grantsOf, objectsOf, type WindrowObject } from './grants.ts'
import { doBlock, isWindrowsView, nameList, relation } from './sql-text.ts'

const groups = Object.values(GROUPS)

/** Who may connect, make something, and read and change which table: to everybody else all is closed, also what is made later. */
export function grantSteps(target: SetupTarget): SetupStep[] {
  return objectsOf(target).map((object) => objectStep(target.schema, object))
}

/** Before anything is given to the groups: an owner must be able to make something in the schema. */
export function placeSteps(schema: string): SetupStep[] {
  return [databaseStep, schemaStep(schema)]
}

const databaseStep: SetupStep = {
  what: 'only the groups connect to this database, and only analysts make temporary tables',
  sql: doBlock(`DECLARE name text := current_database();
BEGIN
  IF NOT (SELECT pg_has_role(datdba, 'USAGE') FROM pg_database WHERE datname = name) THEN
    RAISE NOTICE 'the owner of the database has to say who connects to it';
    RETURN;
  END IF;
  IF (SELECT ${groups.map((group) => `has_database_privilege(${quoteText(group)}, name, 'CONNECT')`).join(' AND ')}
        AND has_database_privilege(${quoteText(GROUPS.analyst)}, name, 'TEMPORARY')
        AND NOT EXISTS (SELECT FROM aclexplode(coalesce(datacl, acldefault('d', datdba))) AS a
          WHERE a.grantee = 0 AND a.privilege_type IN ('CONNECT', 'TEMPORARY'))
      FROM pg_database WHERE datname = name) THEN
    RETURN;
  END IF;
  EXECUTE format('REVOKE CONNECT, TEMPORARY ON DATABASE %I FROM PUBLIC', name);
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO ${nameList(groups)}', name);
  EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO ${quoteName(GROUPS.analyst)}', name);
END`),
}

function schemaStep(schema: string): SetupStep {
  const wanted = groups.map((group) => `${group}=${group === GROUPS.etl ? 'CREATE,USAGE' : 'USAGE'}`).sort()
  const name = quoteName(schema)
  return {
    what: `only ${GROUPS.etl} makes something in the schema ${schema}`,
    sql: doBlock(`BEGIN
  IF (SELECT ${heldBy('n.nspacl', groups)} = ${quoteText(wanted.join(' '))}
        AND NOT EXISTS (SELECT FROM aclexplode(n.nspacl) AS a WHERE a.grantee = 0 AND a.privilege_type = 'CREATE')
      FROM pg_namespace n WHERE n.nspname = ${quoteText(schema)}) THEN
    RETURN;
  END IF;
  REVOKE CREATE ON SCHEMA ${name} FROM PUBLIC, ${nameList(groups)};
  GRANT USAGE ON SCHEMA ${name} TO ${nameList(groups)};
  GRANT CREATE ON SCHEMA ${name} TO ${quoteName(GROUPS.etl)};
END`),
  }
}

function objectStep(schema: string, { name, kind }: WindrowObject): SetupStep {
  const grants = grantsOf[kind]
  const table = tableName(schema, name)
  const given = GRANTEES.filter((group) => grants[group].length > 0)
  const wanted = given.map((group) => `${GROUPS[group]}=${[...grants[group]].sort().join(',')}`).sort()
  const own = kind === 'SQL view' ? isWindrowsView : `c.relkind IN ('r', 'p')`
  const grantees = GRANTEES.map((group) => GROUPS[group])
  return {
    what: `who reads ${given.some((group) => grants[group].length > 1) ? 'and changes ' : ''}${name}`,
    sql: doBlock(`BEGIN
  IF NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = ${relation(schema, name)} AND ${own}) THEN RETURN; END IF;
  IF (SELECT ${heldBy('c.relacl', grantees)} = ${quoteText(wanted.join(' '))}
        AND NOT EXISTS (SELECT FROM aclexplode(c.relacl) AS a WHERE a.grantee = 0)
        AND NOT EXISTS (SELECT FROM pg_attribute t, aclexplode(t.attacl) AS a LEFT JOIN pg_roles r ON r.oid = a.grantee
          WHERE t.attrelid = c.oid AND (a.grantee = 0 OR r.rolname IN (${grantees.map(quoteText).join(', ')})))
      FROM pg_class c WHERE c.oid = ${relation(schema, name)}) THEN
    RETURN;
  END IF;
  REVOKE ALL ON ${table} FROM PUBLIC, ${nameList(grantees)};
  ${given.map((group) => `GRANT ${grants[group].join(', ')} ON ${table} TO ${quoteName(GROUPS[group])};`).join('\n  ')}
END`),
  }
}

/** SQL for what an access list gives to the roles, as `role=A,B` in order, separated by blanks; a right to pass it on counts as another. */
function heldBy(acl: string, roles: readonly string[]): string {
  return `coalesce((SELECT string_agg(held, ' ' ORDER BY held COLLATE "C") FROM (SELECT r.rolname || '=' || string_agg(a.privilege_type
      || CASE WHEN a.is_grantable THEN '*' ELSE '' END, ',' ORDER BY a.privilege_type COLLATE "C") AS held
      FROM aclexplode(${acl}) AS a JOIN pg_roles r ON r.oid = a.grantee
      WHERE r.rolname IN (${roles.map(quoteText).join(', ')}) GROUP BY r.rolname) AS each), '')`
}
