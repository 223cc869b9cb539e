import type { BackupOptions } from './commands/backup.ts'
import type { RestoreOptions } from './commands/restore.ts'
import type { CliContext } from './context.ts'
import { type Declare, wholeNumberWithin } from './declare.ts'

const json = ['--json', 'print JSON for programs'] as const
const pgBin = [
  '--pg-bin <folder>',
  "where pg_dump, pg_restore and psql are (default: PATH, and where systems put PostgreSQL's programs)",
] as const

/** `backup` and `restore`: what is in Postgres and in no log. */
export function declareBackupCommands(declare: Declare, context: CliContext): void {
  declare(
    'backup',
    'Dump the Postgres database by pg_dump, with a manifest of what is in it: also what the log does not make again, such as the audit log and tables of your own.',
    ['backup', 'backup --output /backups/ --keep 14', 'backup --output before-upgrade.dump --json'],
    (command) =>
      command
        .option('--output <path>', 'a new file, or a folder in which it gets a name of its own (default: this folder)')
        .option('--keep <count>', 'then remove older backups of this database from the folder', wholeNumberWithin(1, 10_000))
        .option(...pgBin)
        .option(...json),
    async (_, options) => (await import('./commands/backup.ts')).backup(context, options as BackupOptions),
  )
  declare(
    'restore <file>',
    'Restore a backup into an empty database, in one transaction, and count what is there then. Roles of windrow are made; sinks go on from where the backup was.',
    ['restore windrow-weather-20261123T130000Z.dump', 'restore before-upgrade.dump --into weather_again'],
    (command) =>
      command
        .option(
          '--into <database>',
          'another database of that server, or an address without a password (default: POSTGRES_ADMIN_URL, else POSTGRES_URL)',
        )
        .option('--replace', 'the database need not be empty: what the backup has is dropped first')
        .option(...pgBin)
        .option(...json),
    async ([file], options) => (await import('./commands/restore.ts')).restore(context, String(file), options as RestoreOptions),
  )
}
