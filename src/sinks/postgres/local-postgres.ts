import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { isWindrowError, WindrowError } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import { type DirectoryLock, type LockOwner, lockDirectory } from './directory-lock.ts'
import { EmbeddedPostgres } from './embedded-postgres.ts'
import { RemotePostgres } from './remote-postgres.ts'
import type { ExclusiveSession, SessionSource } from './session-source.ts'
import { SqlEndpoint } from './sql-endpoint.ts'
import { sqlClosed } from './sql-errors.ts'

export interface LocalPostgresOptions {
  /** The data directory: the database is in `postgres`, who has it in `postgres-owner`. */
  readonly dataDir: string
  readonly logger: Logger
  /** How long an owner may take to answer at all. Default 10 s. */
  readonly helloTimeoutMs?: number
}

interface Role {
  readonly source: EmbeddedPostgres | RemotePostgres
  readonly lock: DirectoryLock | null
  readonly endpoint: SqlEndpoint | null
}

/**
 * The embedded Postgres of a data directory, for any number of processes: the first has it and answers the others; when it ends, one of
 * the others takes over with its next statement (the one under way then rejects with WR_SQL_AWAY).
 */
export class LocalPostgres implements SessionSource {
  private readonly options: LocalPostgresOptions
  private role: Promise<Role> | null = null
  private closed = false

  constructor(options: LocalPostgresOptions) {
    this.options = options
  }

  async exclusively<T>(work: (session: ExclusiveSession) => Promise<T>, inBackground?: boolean): Promise<T> {
    if (this.closed) throw sqlClosed(this.describe())
    const { source } = await this.current()
    return source.exclusively(work, inBackground)
  }

  describe(): string {
    return join(this.options.dataDir, 'postgres')
  }

  async close(): Promise<void> {
    if (this.closed) return
    this.closed = true
    const role = await this.role?.catch(() => null)
    if (role === null || role === undefined) return
    await role.endpoint?.close()
    await role.source.close()
    await role.lock?.release()
  }

  private get helloTimeoutMs(): number {
    return this.options.helloTimeoutMs ?? 10_000
  }

  private async current(): Promise<Role> {
    const role = this.role
    if (role !== null) {
      const found = await role
      if (found.source instanceof EmbeddedPostgres || !found.source.failed) return found
      if (this.role === role) this.role = null
    }
    this.role ??= this.findRole().catch((error: unknown) => {
      this.role = null
      throw error
    })
    return this.role
  }

  private async findRole(): Promise<Role> {
    const giveUpAt = Date.now() + this.helloTimeoutMs
    for (let tries = 1; ; tries++) {
      const source = new EmbeddedPostgres({ directory: this.describe(), logger: this.options.logger })
      const endpoint = new SqlEndpoint({ source, logger: this.options.logger })
      const { lock, owner } = await lockDirectory(`${this.describe()}-owner`, endpoint.accept)
      if (lock !== null) return { source, lock, endpoint }
      try {
        return { source: await this.connectTo(owner), lock: null, endpoint: null }
      } catch (error) {
        if (Date.now() >= giveUpAt || !isWindrowError(error, 'WR_SQL_AWAY')) throw locked(this.describe(), owner, error)
        // Most likely the owner was just ending.
        await delay(Math.min(tries * 10, 200))
      }
    }
  }

  private connectTo(owner: LockOwner): Promise<RemotePostgres> {
    return RemotePostgres.connect({
      address: owner.address,
      where: `${this.describe()}, held by process ${owner.pid}`,
      helloTimeoutMs: this.helloTimeoutMs,
    })
  }
}

function locked(directory: string, owner: LockOwner, cause: unknown): WindrowError {
  return new WindrowError('WR_PGLITE_LOCKED', {
    message: `the embedded Postgres in ${directory} is held by process ${owner.pid}, which does not answer`,
    remedy: `Wait for process ${owner.pid} or end it (it may be stopped, or of another version of windrow), then try again.`,
    facts: { directory, pid: owner.pid, address: owner.address },
    cause,
    canRetry: true,
  })
}
