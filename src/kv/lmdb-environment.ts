import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { open, type RootDatabase } from 'lmdb'
import { isWindrowError } from '../core/errors.ts'
import { makeDirectory } from '../core/make-directory.ts'
import { openFailure } from './lmdb-errors.ts'
import { LmdbWriter } from './lmdb-writer.ts'
import { openThroughGate } from './open-gate.ts'
import { type StoreWatch, watchStore } from './store-watch.ts'

export type Database = RootDatabase<Buffer, Uint8Array>

/** An open LMDB environment, one per directory and process. */
export interface Environment {
  readonly path: string
  readonly db: Database
  readonly writer: LmdbWriter
  readonly changes: StoreWatch
  /** To be called once by everybody who opened it; the last one closes it. */
  release(): Promise<void>
}

interface Shared {
  readonly environment: Promise<Environment>
  users: number
  closing: Promise<void> | null
}

const DEFAULT_MAP_BYTES = 2 ** 38

/**
 * By device and inode of the directory. LMDB tells living readers from dead ones by a POSIX lock, and a process loses all its locks on a
 * file when it closes any handle of it: an environment opened twice would look dead to the other processes, which then
 * reuse pages that it still reads. So everybody in a process shares one.
 */
const environments = new Map<string, Shared>()

export async function openEnvironment(
  path: string,
  mapSizeBytes: number | undefined,
  openTimeoutMs: number,
): Promise<Environment> {
  const name = directoryName(path)
  for (;;) {
    const found = environments.get(name)
    if (found === undefined) break
    if (found.closing === null && existsSync(join(path, 'data.mdb'))) {
      found.users++
      return found.environment
    }
    // Either it is about to be closed, or somebody removed the files below an open store.
    await found.closing
    if (environments.get(name) === found) environments.delete(name)
  }
  const shared: Shared = { environment: openShared(name, path, mapSizeBytes, openTimeoutMs), users: 1, closing: null }
  environments.set(name, shared)
  try {
    return await shared.environment
  } catch (error) {
    environments.delete(name)
    throw error
  }
}

async function openShared(
  name: string,
  path: string,
  mapSizeBytes: number | undefined,
  openTimeoutMs: number,
): Promise<Environment> {
  const { opened: db, gate } = await openThroughGate(path, openTimeoutMs, () => openDatabase(path, mapSizeBytes)).catch(
    (error: unknown) => {
      throw isWindrowError(error) ? error : openFailure(error, path)
    },
  )
  const changes = watchStore(path)
  const writer = new LmdbWriter(db, path, gate, changes.notify)
  const close = async (shared: Shared): Promise<void> => {
    changes.close()
    await writer.idle()
    await gate.close(() => db.close())
    if (environments.get(name) === shared) environments.delete(name)
  }
  const release = async (): Promise<void> => {
    const shared = environments.get(name)
    if (shared === undefined || --shared.users > 0) return
    shared.closing = close(shared)
    await shared.closing
  }
  return { path, db, writer, changes, release }
}

function openDatabase(path: string, mapSizeBytes: number | undefined): Database {
  const options = {
    path,
    encoding: 'binary',
    keyEncoding: 'binary',
    useVersions: true,
    // A commit that is visible before it is on disk could be read, acted upon and then lost with the power.
    overlappingSync: false,
    eventTurnBatching: false,
    // The writer must never start before all instructions are there: it would wait for JavaScript with the lock held.
    batchStartThreshold: 2 ** 31,
    // Address space only. On Windows the file would take that size at once; there it grows as needed.
    ...(process.platform === 'win32' ? {} : { mapSize: mapSizeBytes ?? DEFAULT_MAP_BYTES }),
  } as const
  try {
    return open<Uint8Array, Buffer>(options) as unknown as Database
  } catch (error) {
    throw openFailure(error, path)
  }
}

/** Makes the directory when it is missing. */
function directoryName(path: string): string {
  try {
    makeDirectory(path)
    assertLooksLikeStore(path)
    const { dev, ino } = statSync(path)
    return `${dev}:${ino}`
  } catch (error) {
    throw openFailure(error, path)
  }
}

/** LMDB ends the process when the file is something else. It starts with a page whose header is followed by a magic number. */
function assertLooksLikeStore(path: string): void {
  const file = join(path, 'data.mdb')
  if (!existsSync(file)) return
  const start = Buffer.alloc(32)
  const handle = openSync(file, 'r')
  try {
    const read = readSync(handle, start, 0, start.byteLength, 0)
    const magic = process.arch.endsWith('64') ? start.readUInt32LE(24) : start.readUInt32LE(16)
    if (read > 0 && magic !== 0xbeefc0de) throw new Error('data.mdb is no LMDB file')
  } finally {
    closeSync(handle)
  }
}
