import { createHash, randomBytes } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WindrowError } from '../../core/errors.ts'
import { makeDirectory } from '../../core/make-directory.ts'
import { folderIdentity } from '../../core/process-identity.ts'
import { processLives, startOfProcess } from './process-identity.ts'

/** Who has the directory, and where it listens. */
export interface LockOwner {
  readonly pid: number
  /** Path of the socket, or name of the pipe. */
  readonly address: string
  /** As `startOfProcess` says. */
  readonly start: string | null
  /** The directory that it has: as `folderIdentity` says, and its path. Absent: of before this was told. */
  readonly folder?: string
  readonly directory?: string
}

/** The directory is this process's until `release`, or until it ends in whatever way. */
export interface DirectoryLock {
  readonly address: string
  /** The caller closes connections first. */
  release(): Promise<void>
}

export type LockResult =
  | { readonly lock: DirectoryLock; readonly owner: null }
  | { readonly lock: null; readonly owner: LockOwner }

/** A path of a socket has room for about 100 bytes, depending on the system. */
const MAX_SOCKET_PATH = 100

/**
 * Takes the directory for this process alone, or says who has it. The proof that an owner lives is that its socket takes
 * connections: the system closes it with the process, also on kill -9, and keeps it while the process is only stopped.
 */
export async function lockDirectory(directory: string, onConnection: (socket: Socket) => void): Promise<LockResult> {
  makeDirectory(directory, 0o700)
  return process.platform === 'win32' ? lockByPipe(directory, onConnection) : lockBySocket(directory, onConnection)
}

/**
 * Owners have numbers: `owner.<n>`. The highest is the last; a dead one is followed by the process that succeeds in making the next
 * file (a link, so that it appears whole, and once). The highest file is never removed, so no number is given twice.
 */
async function lockBySocket(directory: string, onConnection: (socket: Socket) => void): Promise<LockResult> {
  const address = socketPath(directory)
  const server = await listen(address, onConnection)
  chmodSync(address, 0o600)
  const place = { folder: folderIdentity(directory), directory: realpathSync(directory) }
  const own: LockOwner = { pid: process.pid, address, start: startOfProcess(process.pid), ...place }
  try {
    for (;;) {
      const last = highestOwner(directory)
      if (last > 0) {
        const owner = readOwner(directory, last)
        if (owner === null) continue
        if (!isOfOriginal(directory, owner) && (await isAlive(directory, last, owner))) {
          await closeServer(server)
          return { lock: null, owner }
        }
      }
      if (!claim(directory, last + 1, own)) continue
      removeTraces(directory, last + 1)
      return { lock: lockOf(directory, last + 1, address, server), owner: null }
    }
  } catch (error) {
    await closeServer(server)
    throw error
  }
}

function lockOf(directory: string, n: number, address: string, server: Server): DirectoryLock {
  return {
    address,
    async release() {
      // Said before the socket goes: its absence alone, while the process lives, would look like a socket that somebody removed.
      writeFileSync(releasedMark(directory, n), '')
      await closeServer(server)
    },
  }
}

/** True when this process is owner number n. */
function claim(directory: string, n: number, own: LockOwner): boolean {
  const draft = join(directory, `draft.${process.pid}.${randomBytes(4).toString('hex')}`)
  writeFileSync(draft, JSON.stringify(own), { mode: 0o600 })
  try {
    linkSync(draft, ownerFile(directory, n))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(draft, { force: true })
  }
  if (highestOwner(directory) === n) return true
  // Others went on to higher numbers and removed this one while this process was slow.
  removeOwner(directory, n)
  return false
}

/**
 * True where the owner has the directory of which this one is a copy. Both have to be others: the number alone may change where a file
 * system gives out new ones, the path alone where the folder was moved, or is called otherwise in another container.
 */
function isOfOriginal(path: string, { folder, directory }: LockOwner): boolean {
  if (folder === undefined || directory === undefined) return false
  return folder !== folderIdentity(path) && directory !== realpathSync(path)
}

async function isAlive(directory: string, n: number, owner: LockOwner): Promise<boolean> {
  const answer = await probe(owner.address)
  if (answer !== 'gone') return answer === 'alive'
  return !existsSync(releasedMark(directory, n)) && processLives(owner.pid, owner.start)
}

/** `dead`: nobody listens on the socket. `gone`: there is no socket. */
function probe(address: string): Promise<'alive' | 'dead' | 'gone'> {
  return new Promise((resolve) => {
    const socket = connect(address)
    socket.once('connect', () => {
      socket.destroy()
      resolve('alive')
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') resolve('dead')
      // Anything else (a full queue, another user's socket) is a reason to keep off.
      else resolve(error.code === 'ENOENT' ? 'gone' : 'alive')
    })
  })
}

/** A named pipe belongs to the process that made it, and ends with it: it is the lock. */
async function lockByPipe(directory: string, onConnection: (socket: Socket) => void): Promise<LockResult> {
  const place = realpathSync(directory).toLowerCase()
  const address = `\\\\.\\pipe\\windrow-${createHash('sha256').update(place).digest('hex').slice(0, 32)}`
  try {
    const server = await listen(address, onConnection)
    writeFileSync(ownerFile(directory, 1), JSON.stringify({ pid: process.pid, address, start: null }))
    return { lock: { address, release: () => closeServer(server) }, owner: null }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    return { lock: null, owner: readOwner(directory, 1) ?? { pid: 0, address, start: null } }
  }
}

function listen(address: string, onConnection: (socket: Socket) => void): Promise<Server> {
  const server = createServer(onConnection)
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(address, () => {
      server.removeListener('error', reject)
      resolve(server)
    })
  })
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
  })
}

function socketPath(directory: string): string {
  const name = `${process.pid}-${randomBytes(4).toString('hex')}.sock`
  const inside = join(directory, name)
  return Buffer.byteLength(inside) <= MAX_SOCKET_PATH ? inside : join(shortDirectory(), name)
}

/** For a directory with a long path. It must be this user's alone: a socket in it is trusted. */
function shortDirectory(): string {
  const user = process.getuid?.() ?? 0
  const directory = join(tmpdir(), `windrow-${user}`)
  makeDirectory(directory, 0o700)
  const found = lstatSync(directory)
  if (!found.isDirectory() || found.uid !== user || (found.mode & 0o077) !== 0) {
    throw new WindrowError('WR_PGLITE_LOCK', {
      message: `${directory} cannot be trusted with a socket: it is not a directory of this user alone`,
      remedy: `Remove ${directory}, or give WINDROW_DATA_DIR a shorter path, so that the socket fits into it.`,
      facts: { directory },
      kind: 'usage',
    })
  }
  return directory
}

function ownerNumbers(directory: string): number[] {
  return readdirSync(directory)
    .map((name) => /^owner\.(\d+)$/.exec(name)?.[1])
    .filter((digits) => digits !== undefined)
    .map(Number)
}

function highestOwner(directory: string): number {
  return Math.max(0, ...ownerNumbers(directory))
}

/** Null when the file has just been removed, because a higher one is there. */
function readOwner(directory: string, n: number): LockOwner | null {
  try {
    return JSON.parse(readFileSync(ownerFile(directory, n), 'utf8')) as LockOwner
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

function removeOwner(directory: string, n: number): void {
  rmSync(ownerFile(directory, n), { force: true })
  rmSync(releasedMark(directory, n), { force: true })
}

/** What owners before number n, and processes that are no more, have left. */
function removeTraces(directory: string, n: number): void {
  for (const older of ownerNumbers(directory)) if (older < n) removeOwner(directory, older)
  for (const name of readdirSync(directory)) {
    const pid = /^(?:draft\.)?(\d+)[.-][0-9a-f]{8}(?:\.sock)?$/.exec(name)?.[1]
    if (pid !== undefined && !processLives(Number(pid), null)) rmSync(join(directory, name), { force: true })
  }
}

function ownerFile(directory: string, n: number): string {
  return join(directory, `owner.${n}`)
}

function releasedMark(directory: string, n: number): string {
  return join(directory, `released.${n}`)
}
