import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Config, loadConfig } from '../../config/load-config.ts'
import { WindrowError } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'
import { openSqlClient } from '../../sinks/postgres/open-sql-client.ts'
import type { SqlClient } from '../../sinks/postgres/sql-client.ts'
import { changePassword } from '../../warehouse/access/change-password.ts'
import { findGaps } from '../../warehouse/access/find-gaps.ts'
import { passwordsOf, readOrMake } from '../../warehouse/access/password-files.ts'
import { readAccess } from '../../warehouse/access/read-access.ts'
import type { Membership } from '../../warehouse/access/role-steps.ts'
import { runSetup } from '../../warehouse/access/run-setup.ts'
import { newPassword } from '../../warehouse/access/scram-verifier.ts'
import { setupScript } from '../../warehouse/access/setup-script.ts'
import { sessionSteps } from '../../warehouse/access/setup-steps.ts'
import { tryAccess } from '../../warehouse/access/try-access.ts'
import { USERS, type User } from '../../warehouse/roles.ts'
import { accessTarget } from '../access/access-target.ts'
import { reportJson, reportText } from '../access/report-text.ts'
import { AS_A_READER, setupText } from '../access/setup-text.ts'
import { testText } from '../access/test-text.ts'
import type { CliContext, ExitCode } from '../context.ts'
import { createLogger } from '../logger.ts'

export interface AccessSetupOptions {
  readonly passwords?: string
  readonly member?: readonly Membership[]
  readonly print?: boolean
  readonly json?: boolean
}

export interface PasswordOptions {
  readonly passwordFile?: string
}

interface JsonOption {
  readonly json?: boolean
}

/** `windrow access setup`: roles, rights and policies in one transaction, or as a script. */
export async function accessSetup(context: CliContext, options: AccessSetupOptions): Promise<ExitCode> {
  const config = loadConfig(context.environment, context.folder)
  const target = await accessTarget(config)
  const members = options.member ?? []
  if (options.print === true) {
    await context.stdout.write(setupScript(target, members))
    return 0
  }
  const folder = options.passwords === undefined ? null : resolve(context.folder, options.passwords)
  if (folder !== null && addressOf(config) === null) throw noLogins()
  return withAdmin(context, config, async (client) => {
    // Written before they are set: a password that is in force is never one that nobody has.
    const passwords = folder === null ? [] : passwordsOf(folder)
    const outcome = await runSetup(client, { target, members, passwords })
    const text =
      options.json === true
        ? `${JSON.stringify(outcome, null, 2)}\n`
        : setupText(
            outcome,
            { where: client.describe(), folder: options.passwords ?? null, isEmbedded: addressOf(config) === null },
            context.stdout,
          )
    await context.stdout.write(text)
    return 0
  })
}

/** `windrow access password`: the password alone is on stdout, and only where no file has it. */
export async function accessPassword(context: CliContext, name: string, options: PasswordOptions): Promise<ExitCode> {
  const config = loadConfig(context.environment, context.folder)
  const user = userNamed(name)
  if (addressOf(config) === null) throw noLogins()
  const target = await accessTarget(config)
  return withAdmin(context, config, async (client) => {
    const { passwordFile } = options
    const given =
      passwordFile === undefined
        ? { password: new Secret(newPassword()), isNew: true }
        : readOrMake(resolve(context.folder, passwordFile))
    await changePassword(client, target.schema, user, given.password)
    if (passwordFile === undefined) await context.stdout.write(`${given.password.reveal()}\n`)
    const from =
      passwordFile === undefined
        ? 'a new password'
        : given.isNew
          ? `a new password, which is in ${passwordFile}`
          : `the password in ${passwordFile}`
    await context.stderr.write(`${user} has ${from}.\n`)
    return 0
  })
}

/** `windrow access test`: 1 when a role may more or less than it should. */
export async function accessTest(context: CliContext, { json }: JsonOption): Promise<ExitCode> {
  const config = loadConfig(context.environment, context.folder)
  const target = await accessTarget(config)
  return withAdmin(context, config, async (client) => {
    const cells = await tryAccess(client, target)
    await context.stdout.write(json === true ? `${JSON.stringify(cells, null, 2)}\n` : testText(cells, context.stdout))
    return cells.some(({ isWrong }) => isWrong) ? 1 : 0
  })
}

/** `windrow access report`: 1 when something is not as a set-up makes it. */
export async function accessReport(context: CliContext, { json }: JsonOption): Promise<ExitCode> {
  const config = loadConfig(context.environment, context.folder)
  const target = await accessTarget(config)
  return withAdmin(context, config, async (client) => {
    const { found, gaps } = await client.transaction(
      async (session) => {
        for (const { sql } of sessionSteps) await session.query(sql)
        const found = await readAccess(session, target)
        return { found, gaps: await findGaps(session, target, found) }
      },
      { readOnly: true },
    )
    await context.stdout.write(json === true ? reportJson(found, gaps) : reportText(found, gaps, context.stdout))
    return gaps.some(({ severity }) => severity === 'problem') ? 1 : 0
  })
}

const addressOf = (config: Config): string | null => (config.postgresAdminUrl ?? config.postgresUrl)?.reveal() ?? null

async function withAdmin(context: CliContext, config: Config, work: (client: SqlClient) => Promise<ExitCode>): Promise<ExitCode> {
  const postgresUrl = addressOf(config)
  const { dataDir } = config
  if (postgresUrl === null && !existsSync(join(dataDir, 'postgres'))) throw nothingYet(dataDir)
  const client = openSqlClient({ postgresUrl, dataDir, logger: createLogger(config, context.stderr) })
  try {
    return await work(client)
  } finally {
    await client.close()
  }
}

function nothingYet(dataDir: string): WindrowError {
  return new WindrowError('WR_ACCESS_NO_TABLES', {
    message: `there is no Postgres yet: POSTGRES_URL is not set, and nothing was ever run with the data folder ${dataDir}`,
    remedy: 'Build the views first, with `windrow run --until-end` or `windrow start`.',
    facts: { dataDir },
    kind: 'usage',
  })
}

function noLogins(): WindrowError {
  return new WindrowError('WR_ACCESS_EMBEDDED', {
    message: 'the embedded Postgres has no logins: whoever reaches its port is its superuser, whatever they say',
    remedy: `Use a PostgreSQL server (POSTGRES_URL) where several people are to log in. Without passwords \`windrow access setup\` works here too: ${AS_A_READER} shows what a reader sees.`,
    kind: 'usage',
  })
}

function userNamed(name: string): User {
  if (Object.hasOwn(USERS, name)) return name as User
  throw new WindrowError('WR_ACCESS_USER', {
    message: `${JSON.stringify(name)} is no user of windrow's`,
    remedy: `Name one of ${Object.keys(USERS).join(', ')}. The passwords of others are theirs: \\password in psql.`,
    facts: { name },
    kind: 'usage',
  })
}
