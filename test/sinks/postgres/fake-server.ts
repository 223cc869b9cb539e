import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import {
  authenticationOk,
  ClientMessages,
  errorResponse,
  parameterStatus,
  readyForQuery,
} from '../../../src/sinks/postgres/wire-messages.ts'

export interface FakeServer {
  readonly url: string
  /** Parameters of the starts that were let in. */
  readonly starts: ReadonlyArray<ReadonlyMap<string, string>>
}

export interface FakeAnswers {
  /** SQLSTATE and text with which a start is refused; null lets it in. */
  readonly refuse?: (parameters: ReadonlyMap<string, string>) => readonly [string, string] | null
  /** SQLSTATE and text that a statement gets on the nth connection that was let in, counted from 1; null answers it. */
  readonly refuseStatement?: (connection: number) => readonly [string, string] | null
  /** The one value that every statement gives, an int4. */
  readonly value: number
}

/** Enough of a Postgres for who connects and asks one thing: no TLS, and the same answer to everything. Gone when the test ends. */
export async function fakeServer({ refuse = () => null, refuseStatement = () => null, value }: FakeAnswers): Promise<FakeServer> {
  const starts: ReadonlyMap<string, string>[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    const messages = new ClientMessages()
    let started = false
    let connection = 0
    socket.on('data', (chunk) => {
      messages.add(chunk)
      while (!started) {
        const request = messages.startup()
        if (request === null) return
        if (request.kind !== 'start') {
          socket.write('N')
          continue
        }
        const refused = refuse(request.parameters)
        if (refused !== null) {
          socket.end(errorResponse('FATAL', ...refused))
          return
        }
        started = true
        connection = starts.push(request.parameters)
        socket.write(Buffer.concat([authenticationOk(), parameterStatus('server_version', 'fake'), readyForQuery()]))
      }
      for (let message = messages.next(); message !== null; message = messages.next()) {
        if (message.type !== 'S') continue
        const refused = refuseStatement(connection)
        const answer = refused === null ? rowOf(value) : [errorResponse('ERROR', ...refused)]
        socket.write(Buffer.concat([...answer, readyForQuery()]))
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  })
  return { url: `postgres://windrow@127.0.0.1:${(server.address() as AddressInfo).port}/windrow`, starts }
}

function message(type: string, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  const head = Buffer.alloc(5)
  head.write(type, 'latin1')
  head.writeInt32BE(body.byteLength + 4, 1)
  return Buffer.concat([head, body])
}

/** Parsed, bound, described, one row, done. */
function rowOf(value: number): Buffer[] {
  const field = Buffer.alloc(18)
  field.writeInt32BE(23, 6)
  field.writeInt16BE(4, 10)
  field.writeInt32BE(-1, 12)
  const one = Buffer.from([0, 1])
  const text = Buffer.from(String(value))
  const length = Buffer.alloc(4)
  length.writeInt32BE(text.byteLength)
  return [
    message('1'),
    message('2'),
    message('T', one, Buffer.from('value\0'), field),
    message('D', one, length, text),
    message('C', Buffer.from('SELECT 1\0')),
  ]
}
