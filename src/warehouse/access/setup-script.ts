import { shownText } from '../../core/shown-text.ts'
import { quoteText } from '../../sinks/postgres/quote.ts'
import { USERS } from '../roles.ts'
import type { SetupStep, SetupTarget } from '../setup-step.ts'
import { refuseOtherOwnersStep } from './other-owners.ts'
import { refuseOtherReadersStep } from './other-readers.ts'
import type { Membership } from './role-steps.ts'
import { sessionSteps, setupSteps } from './setup-steps.ts'
import { refuseTakenRolesStep } from './taken-roles.ts'

/** The set-up as a script for psql: the same statements, each with a comment, in one transaction. It has no password in it. */
export function setupScript(target: SetupTarget, members: readonly Membership[]): string {
  const refusals = [versionStep, refuseTakenRolesStep, refuseOtherOwnersStep(target), refuseOtherReadersStep(target, members)]
  const steps = [...sessionSteps, ...refusals, ...setupSteps(target, members)]
  const users = Object.keys(USERS).map((user) => `--   \\password ${user}`)
  return `-- Access to windrow's tables: roles, rights, policies. May run again at any time; a second run changes nothing.
-- psql -X -v ON_ERROR_STOP=1 -d DATABASE -f THIS_FILE, as a superuser, or as a role with CREATEROLE that owns the tables and the database.
-- Users are made without a password, and cannot log in with one before they have it. In psql, which asks for it and sends a verifier alone:
${users.join('\n')}
\\set ON_ERROR_STOP on
BEGIN;
${steps.map(asText).join('\n')}
COMMIT;
`
}

function asText({ what, sql }: SetupStep): string {
  return `\n-- ${shownText(what)}\n${sql};`
}

const versionStep: SetupStep = {
  what: 'PostgreSQL 15 or newer',
  sql: `DO $windrow$ BEGIN
  IF current_setting('server_version_num')::int < 150000 THEN RAISE EXCEPTION ${quoteText('windrow needs PostgreSQL 15 or newer')}; END IF;
END $windrow$`,
}
