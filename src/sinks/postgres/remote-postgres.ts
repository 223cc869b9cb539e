import { connect, type Socket } from 'node:net'
import { messageOf, WindrowError } from '../../core/errors.ts'
import { ENDPOINT_VERSION, type EndpointReply, type EndpointRequest } from './endpoint-messages.ts'
import { encodeFrame, readFrames } from './json-frames.ts'
import { SerialQueue } from './serial-queue.ts'
import type { ExclusiveSession, SessionSource } from './session-source.ts'
import { sqlAway, sqlClosed } from './sql-errors.ts'

export interface RemotePostgresOptions {
  readonly address: string
  /** What it is told to the user as. */
  readonly where: string
  /** For the first answer. */
  readonly helloTimeoutMs: number
}

/** The embedded Postgres of another process on this machine, over its endpoint. */
export class RemotePostgres implements SessionSource {
  private readonly socket: Socket
  private readonly replies: AsyncGenerator<EndpointReply>
  private readonly where: string
  private readonly turns = new SerialQueue()
  private failure: Error | null = null
  private closed = false

  private constructor(socket: Socket, where: string) {
    this.socket = socket
    this.where = where
    this.replies = readFrames(socket) as AsyncGenerator<EndpointReply>
    // Without a listener an error of the socket would end the process; whoever waits for a reply hears of it there.
    socket.on('error', (error) => this.fail(messageOf(error)))
    socket.on('close', () => this.fail('the process that has it has ended or broken off'))
  }

  /** Rejects with WR_SQL_AWAY when nobody answers, in time or at all. */
  static async connect(options: RemotePostgresOptions): Promise<RemotePostgres> {
    const remote = new RemotePostgres(connect(options.address), options.where)
    const timer = setTimeout(() => remote.socket.destroy(new Error('it does not answer')), options.helloTimeoutMs)
    try {
      const hello = await remote.ask({ kind: 'hello', version: ENDPOINT_VERSION })
      if (hello.kind === 'hello' && hello.version === ENDPOINT_VERSION) return remote
      throw sqlAway(options.where, 'the process that has it is another version of windrow')
    } catch (error) {
      remote.socket.destroy()
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  /** True when the other process has gone. */
  get failed(): boolean {
    return this.failure !== null
  }

  exclusively<T>(work: (session: ExclusiveSession) => Promise<T>, inBackground = false): Promise<T> {
    if (this.closed) return Promise.reject(sqlClosed(this.where))
    return this.turns.run(async () => {
      await this.ask({ kind: 'take', inBackground })
      try {
        const result = await work(this.newSession())
        await this.ask({ kind: 'give' })
        return result
      } catch (error) {
        // What went wrong first says more than that the session was given up over it.
        if (this.failure === null) await this.ask({ kind: 'give' }).catch(() => undefined)
        throw error
      }
    }, inBackground)
  }

  describe(): string {
    return this.where
  }

  async close(): Promise<void> {
    if (this.closed) return
    this.closed = true
    await this.turns.idle()
    this.socket.destroy()
  }

  private newSession(): ExclusiveSession {
    let open = false
    return {
      get inTransaction() {
        return open
      },
      query: async (text, parameters, timeoutMs) => {
        const reply = await this.ask({ kind: 'query', text, parameters, timeoutMs })
        if (reply.kind !== 'result') throw unexpected(reply)
        open = reply.inTransaction
        return reply.result
      },
      exchange: async (bytes, timeoutMs) => {
        const reply = await this.ask({ kind: 'exchange', bytes, timeoutMs })
        if (reply.kind !== 'answer') throw unexpected(reply)
        open = reply.answer.inTransaction
        return reply.answer
      },
      abandon: (reason) => {
        this.socket.destroy(new Error(reason))
      },
    }
  }

  private async ask(request: EndpointRequest): Promise<EndpointReply> {
    if (this.failure !== null) throw this.failure
    this.socket.write(encodeFrame(request))
    const reply = await this.nextReply()
    if (reply.kind !== 'error') return reply
    const { code, ...details } = reply.error
    throw new WindrowError(code as `WR_${string}`, details)
  }

  private async nextReply(): Promise<EndpointReply> {
    try {
      const { value, done } = await this.replies.next()
      if (done !== true) return value
    } catch (error) {
      throw this.fail(messageOf(error))
    }
    throw this.fail('the process that has it has ended or broken off')
  }

  private fail(reason: string): Error {
    this.failure ??= sqlAway(this.where, reason)
    return this.failure
  }
}

function unexpected(reply: EndpointReply): Error {
  return new TypeError(`the SQL endpoint answered ${reply.kind}`)
}
