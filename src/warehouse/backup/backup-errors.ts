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
