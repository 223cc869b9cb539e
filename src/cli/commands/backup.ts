import { existsSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { type Config, loadConfig } from '../../config/load-config.ts'
import { systemClock } from '../../core/clock.ts'
import { WindrowError } from '../../core/errors.ts'
import { openSqlClient } from '../../sinks/postgres/open-sql-client.ts'
import { noEmbeddedBackup } from '../../warehouse/backup/backup-errors.ts'
import { backupName, removeOldBackups, writeBackup } from '../../warehouse/backup/backup-files.ts'
import type { BackupManifest } from '../../warehouse/backup/backup-manifest.ts'
import { loginOf, makeBackup } from '../../warehouse/backup/make-backup.ts'
import { findPrograms } from '../../warehouse/backup/pg-programs.ts'
import { withGenerations } from '../backup/generations.ts'
import type { CliContext, ExitCode } from '../context.ts'
import { createLogger } from '../logger.ts'
import { packageVersion } from '../package-version.ts'
import { showProgress } from '../progress.ts'

export interface BackupOptions {
  readonly output?: string
  readonly keep?: number
  readonly pgBin?: string
  readonly json?: boolean
}

/** `windrow backup`: a dump of the database and what is in it, beside each other. */
export async function backup(context: CliContext, options: BackupOptions): Promise<ExitCode> {
  const config = loadConfig(context.environment, context.folder)
  const url = config.postgresBackupUrl ?? config.postgresAdminUrl ?? config.postgresUrl
  if (url === null) throw noEmbeddedBackup(config.dataDir)
  const place = placeOf(context, options)
  const logger = createLogger(config, context.stderr)
  const client = openSqlClient({ postgresUrl: url.reveal(), dataDir: config.dataDir, logger })
  const progress = showProgress({ terminal: context.terminal, logger, clock: systemClock, title: 'backup', unit: 'tables' })
  try {
    const found = await loginOf(client)
    const madeAt = new Date()
    const path = place.file ?? join(place.folder, backupName(found.database, madeAt))
    if (existsSync(path)) throw isThere(path)
    const { environment, signal } = context
    const programs = await findPrograms(folderOf(context, options.pgBin), environment.PATH ?? '')
    const request = {
      client,
      url,
      schema: 'public',
      programs,
      environment,
      windrow: packageVersion(),
      madeAt,
      onTable: progress.update,
      signal,
    }
    const manifest = await writeBackup(path, async (partial) => {
      const made = await makeBackup(request, found, partial)
      return { ...made, views: await withGenerations(config, made.views, logger) }
    })
    progress.end()
    const removed = options.keep === undefined ? [] : await removeOldBackups(place.folder, found.database, options.keep, madeAt)
    await context.stdout.write(options.json === true ? jsonText(path, manifest, removed) : text(path, manifest, removed))
    return 0
  } finally {
    progress.end()
    await client.close()
  }
}

/** The folder of client programs that the user names. */
export function folderOf(context: CliContext, pgBin: string | undefined): string | null {
  return pgBin === undefined ? null : resolve(context.folder, pgBin)
}

interface Place {
  readonly folder: string
  /** Null: a name of its own in the folder. */
  readonly file: string | null
}

function placeOf(context: CliContext, { output = '.', keep }: BackupOptions): Place {
  const path = resolve(context.folder, output)
  const isFolder = /[/\\]$/.test(output) || (existsSync(path) && statSync(path).isDirectory())
  if (keep !== undefined && !isFolder) {
    throw new WindrowError('WR_USAGE', {
      message: `--keep goes by the names that backups get in a folder, and ${output} is the name of one backup.`,
      remedy: 'Give --output a folder that is there, or leave out --keep.',
      kind: 'usage',
    })
  }
  return isFolder ? { folder: path, file: null } : { folder: dirname(path), file: path }
}

function isThere(path: string): WindrowError {
  return new WindrowError('WR_USAGE', {
    message: `${path} is there already, and a backup never takes the place of another.`,
    remedy:
      'Give --output another name, or a folder, in which each backup gets a name of its own; --keep removes old ones there.',
    kind: 'usage',
    facts: { path },
  })
}

const count = (value: number): string => value.toLocaleString('en-US')

function text(path: string, manifest: BackupManifest, removed: readonly string[]): string {
  const { dump, tables, server, program } = manifest
  const rows = tables.reduce((sum, table) => sum + table.rows, 0)
  const lines = [
    `${path}: ${count(rows)} rows of ${count(tables.length)} tables of ${server.database}, ${count(dump.bytes)} bytes, by pg_dump ${program.version}.`,
    `${basename(path)}.json says what is in it. Restore: windrow restore ${path}`,
    ...(removed.length === 0 ? [] : [`Removed: ${removed.join(', ')}`]),
  ]
  return `${lines.join('\n')}\n`
}

function jsonText(path: string, manifest: BackupManifest, removed: readonly string[]): string {
  return `${JSON.stringify({ path, ...manifest, removed }, null, 2)}\n`
}

/** The address of the Postgres that is to be written to by somebody who may do so: null for the embedded one. */
export const adminUrlOf = (config: Config) => config.postgresAdminUrl ?? config.postgresUrl
