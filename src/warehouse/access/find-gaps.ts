import { quoteName, quoteText } from '../../sinks/postgres/quote.ts'
import type { SqlSession } from '../../sinks/postgres/sql-client.ts'
import { tableName } from '../../sinks/postgres/table-sql.ts'
import { findUnaudited } from '../audit/audit-changes.ts'
import { GROUPS } from '../roles.ts'
import type { SetupTarget } from '../setup-step.ts'
import { GRANTEES, grantsOf } from './grants.ts'
import { findOtherReaders } from './other-readers.ts'
import { policiesOf } from './policy-steps.ts'
import type { AccessFound, ObjectFound } from './read-access.ts'
import { describeTaken, findTakenRoles, remedyOf } from './taken-roles.ts'
import { timeColumn } from './visible-time.ts'

/** What is not as a set-up would make it. */
export interface Gap {
  /** `note`: it is meant, and may surprise. */
  readonly severity: 'problem' | 'note'
  readonly text: string
  readonly remedy: string | null
}

const SETUP = 'Run `windrow access setup`.'

export async function findGaps(session: SqlSession, target: SetupTarget, found: AccessFound): Promise<Gap[]> {
  return [
    ...roleGaps(found),
    ...(await takenGaps(session)),
    ...found.objects.flatMap((object) => objectGaps(target, object)),
    ...policyGaps(target, found),
    ...(await placeGaps(session, target)),
    ...(await readerGaps(session, target)),
    ...(await auditGaps(session, target)),
    ...timelessViews(target, found),
  ]
}

const problem = (text: string, remedy: string): Gap => ({ severity: 'problem', text, remedy })

function roleGaps({ groups, logins }: AccessFound): Gap[] {
  return [
    ...groups.filter(({ isThere }) => !isThere).map(({ role }) => problem(`there is no role ${role}`, SETUP)),
    ...logins
      .filter(({ bypassesPolicies, isSuperuser }) => bypassesPolicies && !isSuperuser)
      .map(({ name }) =>
        problem(`${name} sees every row of every table (BYPASSRLS)`, `ALTER ROLE ${quoteName(name)} NOBYPASSRLS;`),
      ),
  ]
}

async function takenGaps(session: SqlSession): Promise<Gap[]> {
  const taken = await findTakenRoles(session)
  return taken.map((role) => problem(`${describeTaken(role)} may more than it should`, remedyOf(role)))
}

function objectGaps({ schema }: SetupTarget, { name, kind, owner, isGuarded, grants }: ObjectFound): Gap[] {
  // The audit's own part looks after it.
  if (kind === 'audit log') return []
  const gaps: Gap[] = []
  if (owner !== GROUPS.etl) gaps.push(problem(`${name} belongs to ${owner}, not to ${GROUPS.etl}`, SETUP))
  if (kind === 'view table' && !isGuarded)
    gaps.push(problem(`${name} has no row level security: whoever may read it sees all rows`, SETUP))
  if (kind === 'SQL view' && !isGuarded)
    gaps.push(problem(`the view ${name} shows what its owner may see, not what its reader may (security_invoker)`, SETUP))
  for (const group of GRANTEES) {
    const role = GROUPS[group]
    const wanted = [...grantsOf[kind][group]].sort().join(', ')
    const held = [...(grants.get(role) ?? [])].sort().join(', ')
    if (held !== wanted)
      gaps.push(problem(`${role} has ${held || 'nothing'} on ${name}, and should have ${wanted || 'nothing'}`, SETUP))
  }
  if (grants.has('PUBLIC')) {
    const remedy = `REVOKE ALL ON ${tableName(schema, name)} FROM PUBLIC;`
    gaps.push(problem(`everybody (PUBLIC) has ${grants.get('PUBLIC')?.join(', ')} on ${name}`, remedy))
  }
  return gaps
}

function policyGaps({ schema, views }: SetupTarget, { objects, policies }: AccessFound): Gap[] {
  const there = views.filter(({ name }) => objects.some((object) => object.name === name))
  return there.flatMap((view) => {
    const own = policies.filter(({ table }) => table === view.name)
    const wanted = policiesOf(view)
    return [
      ...wanted.flatMap(({ group, command, sees }) => {
        const policy = own.find(({ name }) => name === group)
        if (policy === undefined) return [problem(`${view.name} has no policy for ${group}, which sees no row of it`, SETUP)]
        const isRight =
          policy.isAsMade &&
          policy.isPermissive &&
          policy.command === command &&
          policy.roles.join() === group &&
          policy.comment?.startsWith(`${sees} (windrow `) === true
        return isRight ? [] : [problem(`the policy ${group} on ${view.name} was changed: ${policy.sees}`, SETUP)]
      }),
      ...own
        .filter(({ name }) => !wanted.some(({ group }) => group === name))
        .map(({ name, roles, sees }) =>
          problem(
            `${view.name} has a policy that is not windrow's: ${name} for ${roles.join(', ')}: ${sees}`,
            `DROP POLICY ${quoteName(name)} ON ${tableName(schema, view.name)}; if nobody needs it.`,
          ),
        ),
    ]
  })
}

/** What everybody may in the database and the schema. */
async function placeGaps(session: SqlSession, { schema }: SetupTarget): Promise<Gap[]> {
  const { rows } = await session.query(
    `SELECT format('everybody (PUBLIC) may %s in this database', a.privilege_type), format('REVOKE %s ON DATABASE %I FROM PUBLIC;', a.privilege_type, d.datname)
     FROM pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) AS a
     WHERE d.datname = current_database() AND a.grantee = 0 AND a.privilege_type IN ('CONNECT', 'TEMPORARY', 'CREATE')
     UNION ALL SELECT format('everybody (PUBLIC) may make something in the schema %s', n.nspname), format('REVOKE CREATE ON SCHEMA %I FROM PUBLIC;', n.nspname)
     FROM pg_namespace n, aclexplode(n.nspacl) AS a WHERE n.nspname = ${quoteText(schema)} AND a.grantee = 0 AND a.privilege_type = 'CREATE'
     UNION ALL SELECT format('what %s makes later is open to %s (default privileges)', d.defaclrole::regrole, coalesce(r.rolname, 'PUBLIC')),
       format('ALTER DEFAULT PRIVILEGES FOR ROLE %s %s REVOKE ALL ON TABLES FROM %s;', d.defaclrole::regrole,
         CASE WHEN n.nspname IS NULL THEN '' ELSE format('IN SCHEMA %I', n.nspname) END, CASE WHEN r.rolname IS NULL THEN 'PUBLIC' ELSE quote_ident(r.rolname) END)
     FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace, aclexplode(d.defaclacl) AS a LEFT JOIN pg_roles r ON r.oid = a.grantee
     WHERE d.defaclobjtype = 'r' AND d.defaclrole = (SELECT oid FROM pg_roles WHERE rolname = ${quoteText(GROUPS.etl)}) AND a.grantee <> d.defaclrole GROUP BY 1, 2`,
  )
  return rows.map(([text, remedy]) => problem(String(text), String(remedy)))
}

async function readerGaps(session: SqlSession, target: SetupTarget): Promise<Gap[]> {
  const others = (await findOtherReaders(session, target, [])).filter(({ role }) => role !== 'PUBLIC')
  return others.map(({ role, tables }) =>
    problem(
      `${role} has rights on ${tables.join(', ')} and is of no group: it sees no row where policies hold`,
      `windrow access setup --member ROLE=GROUP, or REVOKE ALL ON ALL TABLES IN SCHEMA ${quoteName(target.schema)} FROM ${quoteName(role)};`,
    ),
  )
}

/** Whoever owns a table can turn its triggers off. */
async function auditGaps(session: SqlSession, target: SetupTarget): Promise<Gap[]> {
  const views = await findUnaudited(session, target)
  return views.map((name) =>
    problem(`what people change in ${name} is not audited: triggers are missing, turned off or changed`, SETUP),
  )
}

function timelessViews({ views }: SetupTarget, { objects }: AccessFound): Gap[] {
  return views
    .filter((view) => timeColumn(view) === null && objects.some(({ name }) => name === view.name))
    .map(({ name }) => ({
      severity: 'note',
      text: `${name} has no time: readers and analysts see no row of it`,
      remedy: null,
    }))
}
