import { spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync, readSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { WindrowError } from '../core/errors.ts'
import { statOf } from '../core/process-identity.ts'
import { openFailure } from './lmdb-errors.ts'

/** Who is inside a write transaction, as of now. */
export interface WriteLockHolder {
  readonly pid: number
  /** Stopped by a signal (or a debugger): it will not let go before it is continued. */
  readonly stopped: boolean
}

interface LockSight {
  /** The thread that holds the lock, 0 when nobody does. */
  readonly thread: number
  /** Counts committed transactions. */
  readonly transaction: bigint
}

const POLL_MS = 10
/** The magic number at the start of LMDB's lock file. */
const MAGIC = 0xbeefc0de
/** LMDB aligns what several processors write to. */
const CACHE_LINE = 64
const LOCK_HEADER_BYTES = 512

/**
 * Resolves when a writer may be expected to get LMDB's write lock. Opening takes that lock on this very thread, without a
 * time limit, so what would block for ever has to be found out before. WR_STORE_LOCKED after the time-out.
 */
export async function awaitWriteLock(path: string, timeoutMs: number): Promise<void> {
  if (!existsSync(join(path, 'lock.mdb'))) return
  const first = readLock(path)
  if (first === null) return probeLock(path, timeoutMs)
  const deadline = performance.now() + timeoutMs
  for (let sight: LockSight | null = first; sight !== null; sight = readLock(path)) {
    const moves = sight.thread === 0 || sight.thread !== first.thread || sight.transaction !== first.transaction
    if (moves || processOf(sight.thread) === process.pid) return
    if (performance.now() >= deadline) throw storeLocked(path, timeoutMs, writeLockHolder(path))
    await delay(POLL_MS)
  }
}

/** Who holds the write lock now; null when nobody does, or where the system does not tell (only Linux does). */
export function writeLockHolder(path: string): WriteLockHolder | null {
  const thread = readLock(path)?.thread ?? 0
  const pid = thread === 0 ? null : processOf(thread)
  if (pid === null) return null
  const state = statOf(pid)?.state
  return { pid, stopped: state === 'T' || state === 't' }
}

/**
 * Reads the lock file: the mutex in it names the thread that holds it. Null where the layout is not known: other systems
 * than Linux use semaphores without an owner.
 */
function readLock(path: string): LockSight | null {
  if (process.platform !== 'linux') return null
  const sizeOfMutex = { x64: 40, arm64: 48 }[process.arch as string]
  if (sizeOfMutex === undefined) return null
  const bytes = readLockFile(join(path, 'lock.mdb'))
  if (bytes === null) return null
  // Magic, format, transaction, number of readers, the mutex of the readers; then, on its own line, the mutex of the writers.
  const mutexAt = Math.ceil((24 + sizeOfMutex) / CACHE_LINE) * CACHE_LINE
  if (bytes.byteLength < mutexAt + sizeOfMutex || bytes.readUInt32LE(0) !== MAGIC) return null
  // A robust mutex holds the thread's id: glibc in its first word, musl in its second. The top bits are flags.
  const word = bytes.readUInt32LE(mutexAt + (usesMusl() ? 4 : 0))
  return { thread: word & 0x3fffffff, transaction: bytes.readBigUInt64LE(8) }
}

/**
 * Handles of lock files, by path. They stay open: closing one would drop the locks by which LMDB tells that this process is alive
 * (POSIX takes all locks of a process on a file away when the process closes any handle of it).
 */
const lockFiles = new Map<string, { readonly handle: number; readonly inode: number }>()

function readLockFile(file: string): Buffer | null {
  try {
    const { ino } = statSync(file)
    const known = lockFiles.get(file)
    // The file was removed and made anew, so that nobody needs the old one's locks.
    if (known !== undefined && known.inode !== ino) closeSync(known.handle)
    const handle = known !== undefined && known.inode === ino ? known.handle : openSync(file, 'r')
    lockFiles.set(file, { handle, inode: ino })
    const bytes = Buffer.alloc(LOCK_HEADER_BYTES)
    return bytes.subarray(0, readSync(handle, bytes, 0, bytes.byteLength, 0))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw openFailure(error, file)
  }
}

let musl: boolean | null = null

function usesMusl(): boolean {
  musl ??= readFileSync('/proc/self/maps', 'latin1').includes('/ld-musl-')
  return musl
}

/** The process of a thread, null when it is gone. */
function processOf(thread: number): number | null {
  try {
    const line = /^Tgid:\s*(\d+)$/m.exec(readFileSync(`/proc/${thread}/status`, 'latin1'))
    return line === null ? null : Number(line[1])
  } catch {
    return null
  }
}

/** Lets a child process try to take the lock, since a thread of our own could not be ended when it waits for ever. */
export async function probeLock(path: string, timeoutMs: number): Promise<void> {
  const code = `
    const { open } = await import(process.argv[1])
    open({ path: process.argv[2], encoding: 'binary', keyEncoding: 'binary', useVersions: true, overlappingSync: false }).close()
  `
  const lmdb = pathToFileURL(createRequire(import.meta.url).resolve('lmdb')).href
  const child = spawn(process.execPath, ['--input-type=module', '-e', code, lmdb, path], { stdio: 'ignore' })
  const ended = new Promise<boolean>((resolve) => {
    child.once('exit', () => resolve(true))
    // Without a child there is no telling; opening says what is wrong.
    child.once('error', () => resolve(true))
  })
  const timeout = new AbortController()
  const inTime = await Promise.race([ended, delay(timeoutMs, false, { signal: timeout.signal }).catch(() => true)])
  timeout.abort()
  if (inTime) return
  child.kill('SIGKILL')
  throw storeLocked(path, timeoutMs, null)
}

function storeLocked(path: string, timeoutMs: number, holder: WriteLockHolder | null): WindrowError {
  const who = holder === null ? 'Another process' : `The process ${holder.pid}${holder.stopped ? ', which is stopped,' : ''}`
  return new WindrowError('WR_STORE_LOCKED', {
    message: `${who} has held the write lock of ${path} for more than ${timeoutMs / 1000} s`,
    remedy:
      holder === null
        ? 'Look for a stopped or hanging windrow process, continue or end it, then try again.'
        : `Continue it (kill -CONT ${holder.pid}) or end it (kill -9 ${holder.pid}), then try again; nothing is lost.`,
    facts: { path, pid: holder?.pid ?? null, stopped: holder?.stopped ?? null },
    canRetry: true,
  })
}
