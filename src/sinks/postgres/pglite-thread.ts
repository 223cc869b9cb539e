import { Worker } from 'node:worker_threads'
import { messageOf, WindrowError } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import type { PgliteReply, PgliteRequest, PgliteWorkerData } from './pglite-messages.ts'
import type { RawAnswer } from './session-source.ts'
import type { RawResult, SqlParameter } from './sql-client.ts'
import { sqlAway, sqlRefused, sqlTimeout } from './sql-errors.ts'

export interface PgliteThreadOptions extends PgliteWorkerData {
  readonly logger: Logger
  /** The compiled worker; see `pglite-script.ts`. */
  readonly script: URL
}

export interface QueryAnswer {
  readonly result: RawResult
  readonly inTransaction: boolean
}

type Answer = Extract<PgliteReply, { kind: 'result' | 'raw' | 'closed' }>

interface Pending {
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: Error) => void
  readonly timer: NodeJS.Timeout | null
}

/** A request without its number. */
type Question = PgliteRequest extends infer R ? (R extends PgliteRequest ? Omit<R, 'id'> : never) : never

/**
 * One life of the embedded Postgres: a thread with a database, from opening to closing or failure. After a failure every call
 * rejects with WR_SQL_AWAY; whoever holds it starts another.
 */
export class PgliteThread {
  /** Resolves when the database is open; rejects when it cannot be. */
  readonly opened: Promise<void>
  private readonly options: PgliteThreadOptions
  private readonly worker: Worker
  private readonly pending = new Map<number, Pending>()
  private lastId = 0
  private isOpen = false
  private failure: Error | null = null
  private settleOpened: { resolve: () => void; reject: (error: Error) => void } | null = null

  constructor(options: PgliteThreadOptions) {
    this.options = options
    this.opened = new Promise((resolve, reject) => {
      this.settleOpened = { resolve, reject }
    })
    // Each call hears of the failure by itself.
    this.opened.catch(() => undefined)
    const data: PgliteWorkerData = { directory: options.directory, template: options.template }
    this.worker = new Worker(options.script, { workerData: data, name: 'pglite', execArgv: [] })
    this.worker.on('message', (message: PgliteReply) => this.receive(message))
    this.worker.on('error', (error) => this.fail(messageOf(error), error))
    this.worker.on('exit', () => this.fail('its thread has ended'))
  }

  get failed(): boolean {
    return this.failure !== null
  }

  /** `timeoutMs` 0 waits as long as it takes. After a timeout the thread is ended, since nothing else stops a statement. */
  async query(text: string, parameters: readonly SqlParameter[], timeoutMs: number): Promise<QueryAnswer> {
    const answer = await this.ask({ kind: 'query', text, parameters }, timeoutMs)
    if (answer.kind !== 'result') throw new TypeError(`a query was answered by ${answer.kind}`)
    return answer
  }

  /** Messages of the wire protocol, and what the server answered. */
  async raw(bytes: Uint8Array, timeoutMs: number): Promise<RawAnswer> {
    const answer = await this.ask({ kind: 'raw', bytes }, timeoutMs)
    if (answer.kind !== 'raw') throw new TypeError(`messages were answered by ${answer.kind}`)
    return answer
  }

  /** Closes the database in good order and ends the thread. */
  async close(): Promise<void> {
    if (this.failure === null) {
      await this.opened
      await this.ask({ kind: 'close' }, 0)
    }
    await this.end('it has been closed')
  }

  /** Ends the thread at once, as a kill would; the database recovers when it is opened next. */
  async end(reason: string): Promise<void> {
    this.fail(reason)
    await this.worker.terminate()
  }

  private async ask(question: Question, timeoutMs: number): Promise<Answer> {
    await this.opened
    return new Promise<Answer>((resolve, reject) => {
      if (this.failure !== null) {
        reject(this.failure)
        return
      }
      const id = ++this.lastId
      const timer = timeoutMs === 0 ? null : setTimeout(() => this.giveUp(id, timeoutMs), timeoutMs)
      this.pending.set(id, { resolve, reject, timer })
      this.worker.postMessage({ ...question, id })
    })
  }

  private receive(message: PgliteReply): void {
    switch (message.kind) {
      case 'opened':
        this.isOpen = true
        if (message.setAside !== null) this.tellSetAside(message.setAside)
        this.settleOpened?.resolve()
        return
      case 'failed':
        this.fail(message.message)
        void this.worker.terminate()
        return
      case 'refused':
        this.settle(message.id)?.reject(sqlRefused(message.error))
        return
      default:
        this.settle(message.id)?.resolve(message)
    }
  }

  private settle(id: number): Pending | undefined {
    const pending = this.pending.get(id)
    this.pending.delete(id)
    if (pending !== undefined && pending.timer !== null) clearTimeout(pending.timer)
    return pending
  }

  private giveUp(id: number, timeoutMs: number): void {
    this.settle(id)?.reject(sqlTimeout(this.options.directory, timeoutMs))
    void this.end('a statement took too long')
  }

  private fail(reason: string, cause?: unknown): void {
    if (this.failure !== null) return
    this.failure = this.failureOf(reason, cause)
    this.settleOpened?.reject(this.failure)
    for (const id of [...this.pending.keys()]) this.settle(id)?.reject(this.failure)
  }

  private failureOf(reason: string, cause: unknown): Error {
    const { directory } = this.options
    if (/No space left on device|ENOSPC/.test(reason)) return diskFull(directory, reason, cause)
    return this.isOpen ? sqlAway(directory, reason, cause) : notOpened(directory, reason, cause)
  }

  private tellSetAside(aside: string): void {
    this.options.logger.warn(
      { code: 'WR_PGLITE_SET_ASIDE', directory: this.options.directory, aside },
      'the machine went down while the embedded Postgres was open: its database was set aside, and every view is written anew from the log',
    )
  }
}

function notOpened(directory: string, reason: string, cause: unknown): WindrowError {
  return new WindrowError('WR_PGLITE_OPEN', {
    message: `the embedded Postgres in ${directory} cannot be opened: ${reason}`,
    remedy: `Check that the disk has room and the directory can be written. If it is damaged, move ${directory} away: every view is written anew from the log.`,
    facts: { directory },
    cause,
    canRetry: true,
  })
}

function diskFull(directory: string, reason: string, cause: unknown): WindrowError {
  return new WindrowError('WR_DISK_FULL', {
    message: `the embedded Postgres in ${directory} has no room on the disk: ${reason}`,
    remedy: 'Make room on the disk; it goes on by itself, and nothing is lost.',
    facts: { directory },
    cause,
    canRetry: true,
  })
}
