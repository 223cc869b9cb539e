import { randomBytes } from 'node:crypto'
import {
  closeSync,
  existsSync,
  futimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { WindrowError } from '../core/errors.ts'
import {
  folderIdentity,
  isCopied,
  type ProcessIdentity,
  type ProcessState,
  stateOf,
  thisProcess,
} from '../core/process-identity.ts'

/**
 * Keeps openings and commits of a store apart. LMDB (as lmdb-js 3.5 has it) sets the number of the last transaction anew whenever a
 * process opens the environment, from what it read a moment before; a commit of another process in that moment is lost, and the
 * file damaged. So whoever opens puts a file into `opening`, and waits until nobody is committing; whoever commits says so in
 * its file in `writing`, and then looks whether somebody is opening. Each writes first and looks afterwards, so that one of
 * two always sees the other. Files of processes that are gone do not count.
 */
export interface OpenGate {
  /** Before a commit: resolves when nobody is opening, and keeps others from it until `leave`. */
  enter(): Promise<void>
  leave(): void
  /**
   * Calls `close` while nobody opens: the last process to close destroys LMDB's mutexes, and somebody who opens in that moment
   * would get them destroyed. Nothing may be under way in this process.
   */
  close(close: () => Promise<void>): Promise<void>
}

/** Who keeps others from writing or opening, as of now. */
export interface GateHolder {
  readonly pid: number
  readonly doing: 'writing' | 'opening'
  /** Stopped by a signal or a debugger: it keeps the others waiting until it goes on. */
  readonly stopped: boolean
}

interface Marker {
  readonly name: string
  readonly identity: ProcessIdentity
  /** Within a commit, or opening. */
  readonly busy: boolean
  readonly since: bigint
}

const POLL_MS = 1
/** Where only time can tell that a process is gone (another container): a mark that stands for so long does not count. */
const UNKNOWN_IS_GONE_MS = 10_000
const CLOSE_TIMEOUT_MS = 1_000
/** How often a process touches its mark, and from when on one that was not touched is that of a process that is gone. */
const BEAT_MS = 2_000
const NO_BEAT_MS = 6_000
const IDLE = Buffer.from('0')
const BUSY = Buffer.from('1')

/** Calls `open` while nobody commits. WR_STORE_LOCKED when somebody is in the middle of a commit for all of the time-out. */
export async function openThroughGate<T>(path: string, timeoutMs: number, open: () => T): Promise<{ opened: T; gate: OpenGate }> {
  const place = new GatePlace(path)
  const mine = place.put('opening')
  try {
    await place.waitForTurn(mine, timeoutMs)
    await place.waitForWriters(timeoutMs)
    await place.refuseNamesake()
    const opened = open()
    return { opened, gate: place.writer() }
  } finally {
    place.remove('opening', mine)
  }
}

/** Who is committing or opening at this moment, first one that is stopped there and so stalls all others; null when nobody is. */
export function writeLockHolder(path: string): GateHolder | null {
  const place = new GatePlace(path)
  const holders: GateHolder[] = []
  for (const doing of ['opening', 'writing'] as const) {
    for (const { identity, busy } of place.living(doing)) {
      if (busy) holders.push({ pid: identity.pid, doing, stopped: stateOf(identity) === 'stopped' })
    }
  }
  return holders.find(({ stopped }) => stopped) ?? holders[0] ?? null
}

class GatePlace {
  private readonly path: string
  /** When a mark of a process of which nothing else is known was first seen as it is. */
  private readonly firstSeen = new Map<string, { readonly busy: boolean; readonly at: number }>()

  constructor(path: string) {
    this.path = path
  }

  /** Puts a file of this process there; returns its name. */
  put(kind: 'opening' | 'writing'): string {
    for (const each of ['opening', 'writing'] as const) mkdirSync(this.folder(each), { recursive: true })
    const name = `${process.pid}-${randomBytes(6).toString('hex')}`
    const hidden = join(this.folder(kind), `.${name}`)
    const handle = openSync(hidden, 'wx')
    writeSync(handle, `0${JSON.stringify(thisProcess(folderIdentity(this.path)))}`)
    closeSync(handle)
    // Nobody sees it before it is whole.
    renameSync(hidden, join(this.folder(kind), name))
    return name
  }

  remove(kind: 'opening' | 'writing', name: string): void {
    rmSync(join(this.folder(kind), name), { force: true })
  }

  /** Waits for those who began to open or close before. */
  waitForTurn(mine: string, timeoutMs: number): Promise<void> {
    const since = statSync(join(this.folder('opening'), mine), { bigint: true }).mtimeNs
    const isBefore = (other: Marker): boolean => other.since < since || (other.since === since && other.name < mine)
    return this.waitWhile(() => this.living('opening').find((other) => other.name !== mine && isBefore(other)), timeoutMs)
  }

  waitForWriters(timeoutMs: number): Promise<void> {
    return this.waitWhile(() => this.living('writing').find(({ busy }) => busy), timeoutMs)
  }

  /**
   * LMDB tells processes apart by their numbers. Two of the same number, in two containers, cannot have one store open: the second one's
   * first read fails in the middle of lmdb-js. Where such a mark is not known to be that of a process that is gone, its beat tells.
   */
  async refuseNamesake(): Promise<void> {
    const { pid, pidSpace, folder } = thisProcess(folderIdentity(this.path))
    const isNamesake = ({ identity, since }: Marker): boolean =>
      identity.pid === pid &&
      identity.pidSpace !== pidSpace &&
      !isCopied(identity, folder) &&
      Date.now() - Number(since / 1_000_000n) < NO_BEAT_MS
    const firstBeats = new Map<string, bigint>()
    for (;;) {
      const namesake = this.living('writing').find(isNamesake)
      if (namesake === undefined) return
      const first = firstBeats.get(namesake.name) ?? namesake.since
      if (namesake.since > first) throw numberTaken(this.path, pid)
      firstBeats.set(namesake.name, first)
      await delay(POLL_MS * 20)
    }
  }

  private async waitWhile(held: () => Marker | undefined, timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs
    for (let holder = held(); holder !== undefined; holder = held()) {
      if (performance.now() >= deadline) throw storeLocked(this.path, timeoutMs, holder.identity)
      await delay(POLL_MS)
    }
  }

  /** This process's own file in `writing`, kept open. */
  writer(): OpenGate {
    const name = this.put('writing')
    const handle = openSync(join(this.folder('writing'), name), 'r+')
    const beat = setInterval(() => touch(handle), BEAT_MS)
    beat.unref()
    return {
      enter: async () => {
        for (;;) {
          writeSync(handle, BUSY, 0, 1, 0)
          if (this.isEmpty('opening') || this.living('opening').length === 0) return
          writeSync(handle, IDLE, 0, 1, 0)
          await delay(POLL_MS)
        }
      },
      leave: () => {
        writeSync(handle, IDLE, 0, 1, 0)
      },
      close: async (close) => {
        clearInterval(beat)
        closeSync(handle)
        this.remove('writing', name)
        const mine = this.put('opening')
        try {
          // Whoever is stopped while it opens must not keep others from ending.
          await this.waitForTurn(mine, CLOSE_TIMEOUT_MS).catch(() => undefined)
          await close()
        } finally {
          this.remove('opening', mine)
        }
      },
    }
  }

  /** The marks of processes that are there; removes those of processes that are gone. */
  living(kind: 'opening' | 'writing'): Marker[] {
    if (!existsSync(this.folder(kind))) return []
    return readdirSync(this.folder(kind)).flatMap((name) => {
      const marker = name.startsWith('.') ? null : this.read(kind, name)
      if (marker === null) return []
      if (this.counts(marker, stateOf(marker.identity, folderIdentity(this.path)))) return [marker]
      this.remove(kind, name)
      return []
    })
  }

  private isEmpty(kind: 'opening' | 'writing'): boolean {
    return readdirSync(this.folder(kind)).length === 0
  }

  private counts({ name, busy }: Marker, state: ProcessState): boolean {
    if (state !== 'unknown') return state !== 'gone'
    const seen = this.firstSeen.get(name)
    if (seen === undefined || seen.busy !== busy) this.firstSeen.set(name, { busy, at: performance.now() })
    // A file that says idle bars nobody, so that it may stay.
    return !busy || performance.now() - (this.firstSeen.get(name)?.at ?? 0) < UNKNOWN_IS_GONE_MS
  }

  /** Null when its process removed it meanwhile. */
  private read(kind: 'opening' | 'writing', name: string): Marker | null {
    const file = join(this.folder(kind), name)
    try {
      const text = readFileSync(file, 'utf8')
      const since = statSync(file, { bigint: true }).mtimeNs
      return { name, identity: JSON.parse(text.slice(1)) as ProcessIdentity, busy: kind === 'opening' || text[0] === '1', since }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
      throw error
    }
  }

  private folder(kind: 'opening' | 'writing'): string {
    return join(this.path, 'gate', kind)
  }
}

function storeLocked(path: string, timeoutMs: number, { pid, ...identity }: ProcessIdentity): WindrowError {
  const stopped = stateOf({ pid, ...identity }) === 'stopped'
  return new WindrowError('WR_STORE_LOCKED', {
    message: `The process ${pid}${stopped ? ', which is stopped,' : ''} has kept others from the store in ${path} for more than ${timeoutMs / 1000} s`,
    remedy: `Continue it (kill -CONT ${pid}) or end it (kill -9 ${pid}), then try again; nothing is lost.`,
    facts: { path, pid, stopped },
    canRetry: true,
  })
}

/** A file system that keeps no times leaves others without a sign of life, and nothing worse. */
function touch(handle: number): void {
  try {
    const now = new Date()
    futimesSync(handle, now, now)
  } catch (error) {
    if (!isSystemError(error)) throw error
  }
}

const isSystemError = (error: unknown): boolean => error instanceof Error && 'syscall' in error

function numberTaken(path: string, pid: number): WindrowError {
  return new WindrowError('WR_STORE_LOCKED', {
    message: `A process of another container has the process number ${pid}, as this one has, and the store in ${path} open`,
    remedy:
      'Two containers share a data folder only with processes of different numbers. Run it in the same container (`docker exec`, `docker compose exec`), or with a data folder of its own.',
    facts: { path, pid },
    canRetry: true,
  })
}
