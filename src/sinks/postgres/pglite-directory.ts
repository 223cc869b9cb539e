import { chmodSync, cpSync, existsSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { makeDirectory } from '../../core/make-directory.ts'
import { bootOf } from './boot.ts'
import { flushDirectory } from './flush-directory.ts'
import type { PgliteWorkerData } from './pglite-messages.ts'
import { markerOf, setAsideAfterReboot } from './set-aside.ts'

/**
 * `shared_buffers`: enough for the views that are written to, and 100 MB less memory than the default. `min_wal_size`: the log
 * segments that are kept on disk for use again.
 */
const SETTINGS = ['shared_buffers=32MB', 'min_wal_size=32MB', 'max_wal_size=256MB']

const startParams = [...PGlite.defaultStartParams, ...SETTINGS.flatMap((setting) => ['-c', setting])]

export interface OpenedDatabase {
  readonly database: PGlite
  /** Where a database was moved to that could not be trusted, null when there was none. */
  readonly setAside: string | null
}

/**
 * Opens the database of a directory that this process alone uses, and makes it when it is missing. `onEnd` is called when the database has
 * ended itself (PANIC, for instance without room for its log): PGlite then never returns from the call it is in.
 */
export async function openDatabase(data: PgliteWorkerData, onEnd: (reason: string) => void): Promise<OpenedDatabase> {
  const { directory, template } = data
  makeDirectory(dirname(directory))
  const setAside = setAsideAfterReboot(directory)
  // First of all: a new database is among what has to be flushed when it is closed.
  writeFileSync(markerOf(directory), JSON.stringify(bootOf()), { flush: true })
  if (!existsSync(join(directory, 'PG_VERSION'))) await makeDatabase(directory, template)
  // PGlite makes files that everybody may write.
  chmodSync(directory, 0o700)
  let opened = false
  const onStderr = (line: string): boolean => {
    if (/\bPANIC: |^Aborted\(/.test(line) || (!opened && /\bFATAL: /.test(line)))
      onEnd(line.replace(/^.*(?=PANIC: |FATAL: )/, ''))
    return true
  }
  const database = await PGlite.create({ dataDir: directory, startParams, onStderr })
  opened = true
  return { database, setAside }
}

/** Closes the database, and sees to it that what it wrote is on the disk. */
export async function closeDatabase(database: PGlite, directory: string): Promise<void> {
  await database.close()
  const openedAt = statSync(markerOf(directory)).mtimeMs
  flushDirectory(directory, openedAt)
  rmSync(markerOf(directory), { force: true })
}

/** Makes a new database beside its place and moves it there whole, so that none is ever half made. */
async function makeDatabase(directory: string, template: string | null): Promise<void> {
  const fresh = `${directory}.new`
  rmSync(fresh, { recursive: true, force: true })
  if (template !== null && existsSync(template)) {
    cpSync(template, fresh, { recursive: true })
  } else {
    await initialize(fresh)
    if (template !== null) keepTemplate(fresh, template)
  }
  renameSync(fresh, directory)
}

/** Makes a new database, which takes three to eight seconds. */
async function initialize(directory: string): Promise<void> {
  const database = await PGlite.create({ dataDir: directory, startParams })
  await database.close()
}

function keepTemplate(fresh: string, template: string): void {
  const own = `${template}.${process.pid}`
  try {
    makeDirectory(dirname(template))
    cpSync(fresh, own, { recursive: true })
    renameSync(own, template)
  } catch {
    // Another process was first, or the place cannot be written: the next new database takes longer, and is as good.
    rmSync(own, { recursive: true, force: true })
  }
}
