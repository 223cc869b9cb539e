import { resolve } from 'node:path'
import { loadConfig } from '../../config/load-config.ts'
import { systemClock } from '../../core/clock.ts'
import { openSqlClient } from '../../sinks/postgres/open-sql-client.ts'
import { noEmbeddedRestore } from '../../warehouse/backup/backup-errors.ts'
import { checkBackup } from '../../warehouse/backup/backup-files.ts'
import type { BackupManifest } from '../../warehouse/backup/backup-manifest.ts'
import { findPrograms } from '../../warehouse/backup/pg-programs.ts'
import { type RestoreOutcome, restoreBackup } from '../../warehouse/backup/restore-backup.ts'
import { accessTarget } from '../access/access-target.ts'
import { type Outlook, outlookOf, outlookText } from '../backup/outlook.ts'
import { restoreAddress } from '../backup/restore-address.ts'
import type { CliContext, ExitCode } from '../context.ts'
import { createLogger } from '../logger.ts'
import { showProgress } from '../progress.ts'
import { adminUrlOf, folderOf } from './backup.ts'

export interface RestoreOptions {
  readonly into?: string
  readonly replace?: boolean
  readonly pgBin?: string
  readonly json?: boolean
}

/** `windrow restore`: a backup into an empty database, all of it or nothing. */
export async function restore(context: CliContext, file: string, options: RestoreOptions): Promise<ExitCode> {
  const config = loadConfig(context.environment, context.folder)
  const url = restoreAddress(options.into, adminUrlOf(config))
  if (url === null) throw noEmbeddedRestore(config.dataDir)
  const path = resolve(context.folder, file)
  const target = await accessTarget(config)
  const logger = createLogger(config, context.stderr)
  const client = openSqlClient({ postgresUrl: url.reveal(), dataDir: config.dataDir, logger })
  const progress = showProgress({ terminal: context.terminal, logger, clock: systemClock, title: 'restore', unit: 'tables' })
  try {
    const manifest = await checkBackup(path)
    const { environment, signal } = context
    const outcome = await restoreBackup({
      client,
      url,
      target,
      programs: await findPrograms(folderOf(context, options.pgBin), environment.PATH ?? ''),
      environment,
      path,
      manifest,
      replaces: options.replace === true,
      onTable: progress.update,
      signal,
    })
    progress.end()
    const outlook = await outlookOf(config, manifest.views)
    const where = client.describe()
    await context.stdout.write(
      options.json === true
        ? `${JSON.stringify({ where, ...outcome, madeAt: manifest.madeAt, log: outlook }, null, 2)}\n`
        : text(where, manifest, outcome, outlook),
    )
    return 0
  } finally {
    progress.end()
    await client.close()
  }
}

function text(where: string, { madeAt, access }: BackupManifest, outcome: RestoreOutcome, outlook: Outlook): string {
  const { rows, tables, missingMembers } = outcome
  const members = missingMembers.map(({ role, group }) => `--member ${role}=${group}`)
  return [
    `${rows.toLocaleString('en-US')} rows of ${tables.toLocaleString('en-US')} tables are in ${where} as they were at ${madeAt}, counted.\n`,
    access === null ? '' : 'Users that were made have no password: windrow access setup --passwords FOLDER gives them theirs.\n',
    members.length === 0
      ? ''
      : `Not roles of this server, and so of no group: make them, then windrow access setup ${members.join(' ')}\n`,
    outlookText(outlook),
  ].join('')
}
