import { quoteName, quoteText } from '../../sinks/postgres/quote.ts'
import { GROUPS, type Group, KEEPERS, USERS, type User } from '../roles.ts'
import type { SetupStep } from '../setup-step.ts'
import { doBlock } from './sql-text.ts'

/** A role that is to be a member of a group, as `--member grafana=backup` says it. */
export interface Membership {
  readonly role: string
  readonly group: Group
}

const groupComments: Record<Group, string> = {
  etl: 'windrow: owns the tables and views of the pipeline, and may do everything with them.',
  reader: 'windrow: reads the rows of the last 30 days.',
  analyst: 'windrow: reads the rows of the last 6 months, and may make temporary tables.',
  admin: 'windrow: reads and changes every row, which is audited.',
  backup: 'windrow: reads everything and changes nothing.',
}

const keeperComments: Record<keyof typeof KEEPERS, string> = {
  audit: 'windrow: owns the audit log. Nobody is a member.',
  passwords: 'windrow: owns the function that changes the passwords of the users. Nobody is a member.',
}

interface UserLimits {
  /** -1: as many as the server has. */
  readonly connections: number
  /** Of its sessions in this database. Anybody may change their own: they keep accidents small, not attackers out. */
  readonly settings: Readonly<Record<string, string>>
}

/** To compile a query over `dim_hour` takes seconds, to run it a part of one: what the planner believes of its rows is far too much. */
const forPeople = { jit: 'off' }

const userLimits: Record<User, UserLimits> = {
  // What it makes is to belong to the group, whoever of its members made it.
  user_etl: { connections: -1, settings: { role: GROUPS.etl } },
  user_data_analyst: {
    connections: 10,
    settings: { ...forPeople, statement_timeout: '10min', idle_in_transaction_session_timeout: '10min' },
  },
  user_readonly: {
    connections: 20,
    settings: {
      ...forPeople,
      default_transaction_read_only: 'on',
      statement_timeout: '60s',
      idle_in_transaction_session_timeout: '60s',
    },
  },
  user_backup: { connections: 5, settings: { default_transaction_read_only: 'on' } },
}

/** Groups, keepers and users, who is a member of what, and the limits of the users. */
export function roleSteps(members: readonly Membership[]): SetupStep[] {
  const groups = (Object.keys(GROUPS) as Group[]).map((group) => groupStep(GROUPS[group], groupComments[group], ''))
  const keepers = [
    groupStep(KEEPERS.audit, keeperComments.audit, ''),
    // No less lets it set a password.
    groupStep(KEEPERS.passwords, keeperComments.passwords, 'CREATEROLE'),
  ]
  const users = (Object.keys(USERS) as User[]).flatMap((user) => [userStep(user), settingsStep(user)])
  const memberships = [
    ...(Object.keys(USERS) as User[]).map((user) => ({ role: user as string, group: USERS[user] as Group })),
    ...members,
  ]
  return [...groups, ...keepers, ...users, ...memberships.map(memberStep), ownStep]
}

function groupStep(role: string, comment: string, attribute: string): SetupStep {
  const isRight = attribute === '' ? 'NOT rolcanlogin AND NOT rolcreaterole' : 'NOT rolcanlogin AND rolcreaterole'
  return {
    what: `the role ${role}`,
    sql: doBlock(`BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = ${quoteText(role)}) THEN
    CREATE ROLE ${quoteName(role)} NOLOGIN ${attribute};
  ELSIF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = ${quoteText(role)} AND ${isRight} AND NOT rolcreatedb) THEN
    ALTER ROLE ${quoteName(role)} NOLOGIN NOCREATEDB ${attribute === '' ? 'NOCREATEROLE' : attribute};
  END IF;
  ${commentOnRole(role, comment)}
END`),
  }
}

/** One that is there keeps its limits, and stays locked out where somebody locked it out. */
function userStep(user: User): SetupStep {
  return {
    what: `the user ${user}`,
    sql: doBlock(`BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = ${quoteText(user)}) THEN
    CREATE ROLE ${quoteName(user)} LOGIN CONNECTION LIMIT ${userLimits[user].connections};
  END IF;
  ${commentOnRole(user, `windrow: a user of the group ${GROUPS[USERS[user]]}.`)}
END`),
  }
}

function commentOnRole(role: string, comment: string): string {
  return `IF (SELECT shobj_description(oid, 'pg_authid') FROM pg_roles WHERE rolname = ${quoteText(role)}) IS DISTINCT FROM ${quoteText(comment)} THEN
    COMMENT ON ROLE ${quoteName(role)} IS ${quoteText(comment)};
  END IF;`
}

/** What somebody has set already stays, but for the role that `user_etl` has to begin as. */
function settingsStep(user: User): SetupStep {
  const settings = Object.entries(userLimits[user].settings).map(([name, value]) =>
    name === 'role' ? beginAs(quoteText(user)) : setWhereUnset(user, name, value),
  )
  return { what: `the settings of ${user} in this database`, sql: doBlock(`BEGIN\n  ${settings.join('\n  ')}\nEND`) }
}

function setWhereUnset(user: User, name: string, value: string): string {
  return `IF NOT EXISTS (SELECT FROM pg_db_role_setting s, unnest(s.setconfig) AS entry
      WHERE s.setrole = ${quoteText(user)}::regrole AND s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
      AND starts_with(entry, ${quoteText(`${name}=`)})) THEN
    EXECUTE format('ALTER ROLE %I IN DATABASE %I SET ${name} = ${quoteText(value).replaceAll("'", "''")}', ${quoteText(user)}, current_database());
  END IF;`
}

/** PL/pgSQL that has a role begin its sessions in this database as the group of the pipeline. `role` is an expression. */
export function beginAs(role: string): string {
  return `IF NOT EXISTS (SELECT FROM pg_db_role_setting s WHERE s.setrole = (SELECT oid FROM pg_roles WHERE rolname = ${role})
      AND s.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database()) AND ${quoteText(`role=${GROUPS.etl}`)} = ANY (s.setconfig)) THEN
    EXECUTE format('ALTER ROLE %I IN DATABASE %I SET role = %L', ${role}, current_database(), ${quoteText(GROUPS.etl)});
  END IF;`
}

/** PL/pgSQL that makes a role a member that has what the group has. Both are expressions. */
export function joinGroup(role: string, group: string): string {
  return `IF NOT EXISTS (SELECT FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid JOIN pg_roles r ON r.oid = m.member
      WHERE g.rolname = ${group} AND r.rolname = ${role} AND pg_has_role(r.oid, g.oid, 'USAGE')) THEN
    EXECUTE format('GRANT %I TO %I', ${group}, ${role}) || ${INHERITED};
  END IF;`
}

/** Since PostgreSQL 16 a membership says itself what comes with it. */
const INHERITED = `CASE WHEN current_setting('server_version_num')::int >= 160000 THEN ' WITH INHERIT TRUE, SET TRUE' ELSE '' END`

function memberStep({ role, group }: Membership): SetupStep {
  return {
    what: `${role} is a member of ${GROUPS[group]}`,
    sql: doBlock(`BEGIN\n  ${joinGroup(quoteText(role), quoteText(GROUPS[group]))}\nEND`),
  }
}

/** Who may make roles and is no superuser gives things to roles that it is a member of, and to no others. */
const ownStep: SetupStep = {
  what: `who sets up may give things to ${GROUPS.etl}`,
  sql: doBlock(`BEGIN
  IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN RETURN; END IF;
  ${joinGroup('current_user::text', quoteText(GROUPS.etl))}
END`),
}
