import { messageOf, WindrowError } from '../../core/errors.ts'

const NO_ROOM = /No space left on device|ENOSPC|Disk quota exceeded|EDQUOT/i

/** A backup that is not what it was when it was made. */
export function damaged(path: string, why: string, cause?: unknown): WindrowError {
  return new WindrowError('WR_BACKUP_DAMAGED', {
    message: `the backup cannot be used: ${path}: ${why}`,
    remedy:
      'Take another backup, or an undamaged copy of both files of this one; without any, the log alone rebuilds the views: start windrow with an empty database.',
    facts: { path },
    cause,
  })
}

/** A file of a backup that cannot be written. */
export function fileFault(path: string, error: unknown): WindrowError {
  const { code } = error as NodeJS.ErrnoException
  return cannotWrite(path, messageOf(error), error, code === undefined)
}

/** What pg_dump, or a program beside it, said when it gave up. */
export function dumpFault(path: string, said: string): WindrowError {
  if (NO_ROOM.test(said)) return cannotWrite(path, said)
  return new WindrowError('WR_BACKUP_FAILED', {
    message: `pg_dump gave up, and nothing was kept: ${said === '' ? 'it did not say why' : said}`,
    remedy: remedyOf(said),
    facts: { said },
    canRetry: true,
  })
}

function cannotWrite(path: string, why: string, cause?: unknown, isOurs = false): WindrowError {
  const isFull = NO_ROOM.test(why)
  return new WindrowError('WR_BACKUP_FILE', {
    message: `${path} cannot be written: ${why}`,
    remedy: isFull
      ? 'Make room on that disk, or name another with --output; what was begun is removed.'
      : 'Give --output a file in a folder that exists and that you may write to.',
    kind: isFull || isOurs ? 'failure' : 'usage',
    facts: { path },
    cause,
  })
}

function remedyOf(said: string): string {
  if (/canceling statement due to lock timeout|lock_timeout/i.test(said))
    return 'Something held a table for longer than a minute (a replay that changes tables, ALTER TABLE): run it again.'
  if (/permission denied|row-level security/i.test(said))
    return 'Its right to read was taken away meanwhile: run `windrow access setup` again, then the backup.'
  if (/server version mismatch|aborting because of/i.test(said))
    return "Name newer client programs with --pg-bin: they have to be at least of the server's version."
  if (/snapshot/i.test(said))
    return "Let POSTGRES_BACKUP_URL name the server itself: a pooler between gives every statement another of the server's sessions."
  return 'Run it again; see what the server itself logs if it happens each time.'
}

export function restoreFault(said: string): WindrowError {
  const differs = /windrow restore: ([^\n]*?)(?: CONTEXT:|$)/.exec(said)
  if (differs !== null) {
    return new WindrowError('WR_RESTORE_DIFFERS', {
      message: `what was restored is not what was backed up, and nothing was kept: ${differs[1]}`,
      remedy: 'Use another backup: this one holds less, or more, than its manifest says. Please report it.',
      facts: { said },
    })
  }
  return new WindrowError('WR_RESTORE_FAILED', {
    message: `the restore was taken back, and the database is as it was: ${said === '' ? 'psql did not say why' : said}`,
    remedy: 'Mend what it says, then run it again: nothing was changed.',
    facts: { said },
    canRetry: true,
  })
}

/** The embedded Postgres speaks to no program, and what is in it is in the log as well, but for two things. */
export function noEmbeddedBackup(dataDir: string): WindrowError {
  return new WindrowError('WR_BACKUP_EMBEDDED', {
    message: `the views are in the embedded Postgres of ${dataDir}, which pg_dump cannot read: here the log alone is the backup`,
    remedy: `Stop windrow, then copy the folder: tar -czf windrow.tgz -C ${JSON.stringify(dataDir)} . (with it tables of your own and the audit log, which no replay makes again). \`windrow replay\` makes the views from the log at any time; POSTGRES_URL names a server that can be backed up while it works.`,
    facts: { dataDir },
    kind: 'usage',
  })
}

/** Nor does it take what a program has dumped: such a dump is of a server. */
export function noEmbeddedRestore(dataDir: string): WindrowError {
  return new WindrowError('WR_BACKUP_EMBEDDED', {
    message: `no server to restore into: without POSTGRES_ADMIN_URL or POSTGRES_URL the views are in the embedded Postgres of ${dataDir}, which pg_restore cannot write to`,
    remedy:
      'Set POSTGRES_ADMIN_URL to the server that is to have the backup. The embedded Postgres is built anew from the log by `windrow replay`, or comes back with a copy of its whole data folder.',
    facts: { dataDir },
    kind: 'usage',
  })
}
