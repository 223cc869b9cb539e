import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { messageOf, WindrowError } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import type { SessionSource } from './session-source.ts'
import { WireConnection, type WireOptions } from './wire-connection.ts'
import { errorResponse } from './wire-messages.ts'

export interface WirePortOptions extends Partial<WireOptions> {
  readonly source: SessionSource
  /** 0 for any that is free. */
  readonly port: number
  readonly logger: Logger
}

/** A port at which psql and BI tools reach the embedded Postgres. */
export interface WirePort {
  readonly port: number
  /** Ends all connections; what they had open is rolled back. */
  close(): Promise<void>
}

/** Whoever reaches the port can read and write, so it is there for this machine alone. */
const LOOPBACK = '127.0.0.1'

/** Rejects with WR_PG_PORT_TAKEN when the port is in use. */
export async function openWirePort(options: WirePortOptions): Promise<WirePort> {
  const { source, logger } = options
  const limits: WireOptions = {
    statementTimeoutMs: options.statementTimeoutMs ?? 60_000,
    idleInTransactionMs: options.idleInTransactionMs ?? 30_000,
  }
  const connections = new Map<Socket, Promise<void>>()
  let lastId = 0
  const server = createServer((socket) => {
    socket.setNoDelay(true)
    socket.on('timeout', () => {
      socket.end(errorResponse('FATAL', '25P03', 'the transaction was rolled back: nothing was asked in it for too long'))
      socket.destroySoon()
    })
    // Whoever reads the socket hears of it too; an error without a listener would end the process.
    socket.on('error', () => undefined)
    const served = new WireConnection(socket, source, ++lastId, limits)
      .serve()
      .catch((error: unknown) => logger.debug({ reason: messageOf(error) }, 'a connection of a SQL client broke'))
      .finally(() => {
        socket.destroySoon()
        connections.delete(socket)
      })
    connections.set(socket, served)
  })
  const port = await listen(server, options.port)
  return {
    port,
    async close() {
      const served = [...connections.values()]
      for (const socket of connections.keys()) socket.destroy()
      await Promise.all(served)
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
      })
    },
  }
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(error.code === 'EADDRINUSE' ? taken(port, error) : error))
    server.listen(port, LOOPBACK, () => resolve((server.address() as AddressInfo).port))
  })
}

function taken(port: number, cause: Error): WindrowError {
  return new WindrowError('WR_PG_PORT_TAKEN', {
    message: `port ${port} on ${LOOPBACK}, where SQL clients are to connect, is in use`,
    remedy: 'Set WINDROW_PG_PORT to another port, or end the program that has it.',
    facts: { port },
    cause,
    kind: 'usage',
  })
}
