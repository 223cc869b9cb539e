import type { Socket } from 'node:net'
import { messageOf, WindrowError } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import { ENDPOINT_VERSION, type EndpointError, type EndpointReply, type EndpointRequest } from './endpoint-messages.ts'
import { encodeFrame, readFrames } from './json-frames.ts'
import { maySet, resetSettings } from './session-settings.ts'
import type { ExclusiveSession, SessionSource } from './session-source.ts'

export interface SqlEndpointOptions {
  readonly source: SessionSource
  readonly logger: Logger
  /** Who holds the session and asks nothing for so long loses it. Default 30 s. */
  readonly idleTimeoutMs?: number
}

/** Answers SQL of other processes on this machine with the embedded Postgres of this one. */
export class SqlEndpoint {
  private readonly options: SqlEndpointOptions
  private readonly connections = new Map<Socket, Promise<void>>()
  private closed = false

  constructor(options: SqlEndpointOptions) {
    this.options = options
  }

  /** Serves a connection until it ends. */
  readonly accept = (socket: Socket): void => {
    if (this.closed) {
      socket.destroy()
      return
    }
    const served = this.serve(socket)
      .catch((error: unknown) => {
        this.options.logger.debug({ reason: messageOf(error) }, 'a connection to the SQL endpoint broke')
      })
      .finally(() => {
        socket.destroy()
        this.connections.delete(socket)
      })
    this.connections.set(socket, served)
  }

  /** Breaks all connections, also later ones; what they had open is rolled back when it resolves. */
  async close(): Promise<void> {
    this.closed = true
    const served = [...this.connections.values()]
    for (const socket of this.connections.keys()) socket.destroy()
    await Promise.all(served)
  }

  private async serve(socket: Socket): Promise<void> {
    // Without a listener an error of the socket would end the process; the loop below ends by it too.
    socket.on('error', () => undefined)
    socket.on('timeout', () => socket.destroy())
    const requests = readFrames(socket) as AsyncGenerator<EndpointRequest>
    for await (const request of requests) {
      if (request.kind === 'hello') await send(socket, this.hello())
      else if (request.kind === 'take') await this.hold(socket, requests, request.inBackground)
      else await send(socket, outOfTurn(request.kind))
    }
  }

  private hello(): EndpointReply {
    return { kind: 'hello', version: ENDPOINT_VERSION, pid: process.pid, where: this.options.source.describe() }
  }

  /** Has the session until the other side gives it back, breaks off, or says nothing for too long. */
  private async hold(socket: Socket, requests: AsyncGenerator<EndpointRequest>, inBackground: boolean): Promise<void> {
    let held = false
    try {
      await this.options.source.exclusively(async (session) => {
        held = true
        await send(socket, { kind: 'done' })
        await this.answerAll(socket, requests, session)
      }, inBackground)
    } catch (error) {
      // Later failures break the connection: the other side would not know what is left of its transaction.
      if (held) throw error
      await send(socket, { kind: 'error', error: errorOf(error) })
      return
    }
    await send(socket, { kind: 'done' })
  }

  private async answerAll(socket: Socket, requests: AsyncGenerator<EndpointRequest>, session: ExclusiveSession): Promise<void> {
    const idleTimeoutMs = this.options.idleTimeoutMs ?? 30_000
    let touched = false
    for (;;) {
      socket.setTimeout(idleTimeoutMs)
      const { value: request, done } = await requests.next()
      socket.setTimeout(0)
      if (done === true || request.kind === 'give') break
      touched ||= request.kind === 'query' && maySet(request.text)
      await send(socket, await answer(session, request))
    }
    // In a transaction that is rolled back now, settings go by themselves.
    if (touched && !session.inTransaction) await resetSettings(session)
  }
}

async function answer(session: ExclusiveSession, request: EndpointRequest): Promise<EndpointReply> {
  try {
    if (request.kind === 'query') {
      const result = await session.query(request.text, request.parameters, request.timeoutMs)
      return { kind: 'result', result, inTransaction: session.inTransaction }
    }
    if (request.kind === 'exchange') {
      return { kind: 'answer', answer: await session.exchange(request.bytes, request.timeoutMs) }
    }
    return outOfTurn(request.kind)
  } catch (error) {
    return { kind: 'error', error: errorOf(error) }
  }
}

function outOfTurn(kind: string): EndpointReply {
  return {
    kind: 'error',
    error: {
      code: 'WR_SQL_AWAY',
      message: `the SQL endpoint does not understand ${kind} here`,
      remedy: 'Run the same version of windrow in every process.',
      canRetry: false,
      tooMuchAtOnce: false,
      facts: {},
    },
  }
}

function errorOf(error: unknown): EndpointError {
  if (error instanceof WindrowError) {
    const { code, message, remedy, canRetry, tooMuchAtOnce, facts } = error
    return { code, message, remedy, canRetry, tooMuchAtOnce, facts }
  }
  return {
    code: 'WR_SQL_AWAY',
    message: messageOf(error),
    remedy: 'See the log of the other process.',
    canRetry: true,
    tooMuchAtOnce: false,
    facts: {},
  }
}

/** Resolves when the system has taken the bytes, so that a slow reader holds up its own connection alone. */
function send(socket: Socket, reply: EndpointReply): Promise<void> {
  let frame: Buffer
  try {
    frame = encodeFrame(reply)
  } catch (error) {
    frame = encodeFrame({ kind: 'error', error: errorOf(error) } satisfies EndpointReply)
  }
  return new Promise((resolve, reject) => {
    socket.write(frame, (error) => (error ? reject(error) : resolve()))
  })
}
