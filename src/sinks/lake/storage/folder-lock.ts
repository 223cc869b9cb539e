import { setTimeout as delay } from 'node:timers/promises'
import { WindrowError } from '../../../core/errors.ts'
import { type DirectoryLock, lockDirectory } from '../../postgres/directory-lock.ts'

const LOOK_AGAIN_MS = 3
/** Who has it has it for the time of a rename, unless it was stopped in there. */
const PATIENCE_MS = 20_000

/**
 * One piece of work at a time in a folder, over all processes of the machine. It is free again when its holder ends in whatever way, and it is
 * kept while there is more to do, so that it need not be taken for every file.
 */
export class FolderLock {
  private readonly folder: string
  private held: DirectoryLock | null = null
  private waiting = 0
  private last: Promise<unknown> = Promise.resolve()

  constructor(folder: string) {
    this.folder = folder
  }

  /** Rejects with WR_LAKE_AWAY where another process has it for long. */
  run<T>(work: () => Promise<T>): Promise<T> {
    this.waiting += 1
    const done = this.last.then(async () => {
      try {
        this.held ??= await this.take()
        return await work()
      } finally {
        this.waiting -= 1
        if (this.waiting === 0) await this.release()
      }
    })
    // A failure is for who asked.
    this.last = done.catch(() => undefined)
    return done
  }

  private async take(): Promise<DirectoryLock> {
    const from = performance.now()
    for (;;) {
      const { lock, owner } = await lockDirectory(this.folder, (socket) => socket.destroy())
      if (lock !== null) return lock
      if (performance.now() - from > PATIENCE_MS) throw held(this.folder, owner.pid)
      await delay(LOOK_AGAIN_MS)
    }
  }

  private async release(): Promise<void> {
    const { held } = this
    this.held = null
    await held?.release()
  }
}

function held(folder: string, pid: number): WindrowError {
  return new WindrowError('WR_LAKE_AWAY', {
    message: `Process ${pid} is in the middle of a write in ${folder}, and does not go on`,
    remedy: `Let process ${pid} go on (kill -CONT) or end it: it was stopped, and nobody else can write until then.`,
    facts: { folder, pid },
    canRetry: true,
  })
}
