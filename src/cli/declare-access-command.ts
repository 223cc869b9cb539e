import { InvalidArgumentError } from 'commander'
import { GROUPS } from '../warehouse/roles.ts'
import type { AccessSetupOptions, PasswordOptions } from './commands/access.ts'
import type { CliContext } from './context.ts'
import type { Declare } from './declare.ts'

const json = ['--json', 'print JSON for programs'] as const

/** `access setup`, `access password`, `access test` and `access report`: who may do what in Postgres. */
export function declareAccessCommands(declare: Declare, context: CliContext): void {
  const commands = () => import('./commands/access.ts')
  declare(
    'access setup',
    'Make roles, users, rights and policies on the views in Postgres: readers see 30 days, analysts 6 months. Safe to run again; do so when views were added.',
    ['access setup --passwords secrets', 'access setup --member grafana=backup', 'access setup --print > access.sql'],
    (command) =>
      command
        .option(
          '--passwords <folder>',
          'set the passwords of all users from files of their names there; those that are missing are made',
        )
        .option(
          '--member <role=group>',
          'make a role of yours a member of reader, analyst, admin or backup; may be repeated',
          member,
        )
        .option('--print', 'print the statements for psql instead, and ask no database')
        .option(...json),
    async (_, options) => (await commands()).accessSetup(context, options as AccessSetupOptions),
  )
  declare(
    'access password <user>',
    'Give a user of windrow in Postgres another password: a new one, which is printed once, or that of a file.',
    ['access password user_readonly > password.txt', 'access password user_readonly --password-file secrets/user_readonly'],
    (command) =>
      command.option('--password-file <file>', 'where it stands, readable to you alone; made with a new one where there is none'),
    async ([user], options) => (await commands()).accessPassword(context, String(user), options as PasswordOptions),
  )
  declare(
    'access test',
    'Try what each role may and may not do, in a transaction that is rolled back. Exit code 1 when something is not as it should be.',
    ['access test', 'access test --json'],
    (command) => command.option(...json),
    async (_, options) => (await commands()).accessTest(context, options),
  )
  declare(
    'access report',
    'Tell who may do what: groups, logins, rights, policies, and what is not as setup makes it. Exit code 1 when something is not.',
    ['access report', 'access report --json'],
    (command) => command.option(...json),
    async (_, options) => (await commands()).accessReport(context, options),
  )
}

/** `grafana=backup`. A role may have any name, also one with `=` in it: what stands behind the last one is the group. */
function member(text: string, before: AccessSetupOptions['member'] = []): AccessSetupOptions['member'] {
  const at = text.lastIndexOf('=')
  const [role, group] = [text.slice(0, at), text.slice(at + 1)]
  if (at > 0 && group !== 'etl' && Object.hasOwn(GROUPS, group)) {
    return [...before, { role, group: group as keyof typeof GROUPS }]
  }
  throw new InvalidArgumentError('It is ROLE=GROUP, with reader, analyst, admin or backup as the group.')
}
