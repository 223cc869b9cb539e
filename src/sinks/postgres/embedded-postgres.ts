import { fileURLToPath } from 'node:url'
import type { Logger } from '../../core/logger.ts'
import { pgliteScript, pgliteTemplate } from './pglite-script.ts'
import { PgliteThread } from './pglite-thread.ts'
import { SerialQueue } from './serial-queue.ts'
import type { ExclusiveSession, SessionSource } from './session-source.ts'
import { sqlClosed } from './sql-errors.ts'
import { runUpkeep } from './upkeep.ts'

export interface EmbeddedPostgresOptions {
  /** Holds the database. The caller sees to it that no other process uses it: PGlite does not. */
  readonly directory: string
  readonly logger: Logger
  /** Between looks at what there is to tidy, while there is work at all. Default 10 s. */
  readonly upkeepIntervalMs?: number
}

/** The embedded Postgres of this process. Starts its thread when first asked, and another one after a failure. */
export class EmbeddedPostgres implements SessionSource {
  private readonly options: EmbeddedPostgresOptions
  private readonly turns = new SerialQueue()
  private thread: PgliteThread | null = null
  private nextUpkeep: number
  private closed = false

  constructor(options: EmbeddedPostgresOptions) {
    this.options = options
    this.nextUpkeep = performance.now() + this.upkeepIntervalMs
  }

  exclusively<T>(work: (session: ExclusiveSession) => Promise<T>, inBackground = false): Promise<T> {
    if (this.closed) return Promise.reject(sqlClosed(this.describe()))
    const done = this.turn(work, inBackground)
    if (performance.now() >= this.nextUpkeep) {
      this.nextUpkeep = performance.now() + this.upkeepIntervalMs
      // In the background; it tells its failures itself, but for a database that could not be opened, of which `done` tells.
      void this.turn((session) => runUpkeep(session, this.options.logger), true).catch(() => undefined)
    }
    return done
  }

  describe(): string {
    return this.options.directory
  }

  async close(): Promise<void> {
    if (this.closed) return
    this.closed = true
    await this.turns.idle()
    await this.thread?.close()
  }

  private get upkeepIntervalMs(): number {
    return this.options.upkeepIntervalMs ?? 10_000
  }

  private turn<T>(work: (session: ExclusiveSession) => Promise<T>, inBackground: boolean): Promise<T> {
    return this.turns.run(async () => {
      const thread = this.running()
      await thread.opened
      const session = sessionOf(thread)
      try {
        return await work(session)
      } finally {
        if (session.inTransaction && !thread.failed) await thread.query('ROLLBACK', [], 0)
      }
    }, inBackground)
  }

  private running(): PgliteThread {
    if (this.thread === null || this.thread.failed) {
      this.thread = new PgliteThread({ ...this.options, script: pgliteScript(), template: fileURLToPath(pgliteTemplate()) })
    }
    return this.thread
  }
}

function sessionOf(thread: PgliteThread): ExclusiveSession {
  let open = false
  return {
    get inTransaction() {
      return open
    },
    async query(text, parameters, timeoutMs) {
      const answer = await thread.query(text, parameters, timeoutMs)
      open = answer.inTransaction
      return answer.result
    },
    async exchange(bytes, timeoutMs) {
      const answer = await thread.raw(bytes, timeoutMs)
      open = answer.inTransaction
      return answer
    },
    abandon(reason) {
      open = false
      void thread.end(reason)
    },
  }
}
