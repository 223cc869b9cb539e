import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

export interface FakeNode {
  /** `release_version` in system.local. */
  readonly version?: string
  readonly dataCentre?: string
  /** Asks who comes in for a password, and refuses every one. */
  readonly refusesLogin?: boolean
  /** What every statement that is not about the node itself is answered with, as an error of the protocol. */
  readonly error?: { readonly code: number; readonly message: string }
  /** Takes connections and says nothing. */
  readonly isSilent?: boolean
}

const OP = {
  error: 0,
  startup: 1,
  ready: 2,
  authenticate: 3,
  options: 5,
  supported: 6,
  query: 7,
  result: 8,
  prepare: 9,
  register: 11,
  authResponse: 15,
}
const VERSION = 4
const VARCHAR = 13

const int = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}
const short = (value: number): Buffer => Buffer.of(value >> 8, value & 255)
const text = (value: string): Buffer => Buffer.concat([short(Buffer.byteLength(value)), Buffer.from(value)])
const cell = (value: string): Buffer => Buffer.concat([int(Buffer.byteLength(value)), Buffer.from(value)])

/** Speaks as much of Cassandra's protocol as a driver wants to hear before it says what is wrong. Returns `host:port`. */
export async function fakeCassandra(node: FakeNode): Promise<string> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    let read = Buffer.alloc(0)
    socket.on('data', (bytes) => {
      read = Buffer.concat([read, bytes])
      while (read.byteLength >= 9 && read.byteLength >= 9 + read.readInt32BE(5)) {
        const length = read.readInt32BE(5)
        if (node.isSilent !== true) socket.write(answer(node, read.subarray(0, 9), read.subarray(9, 9 + length)))
        read = read.subarray(9 + length)
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
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

function answer(node: FakeNode, header: Buffer, body: Buffer): Buffer {
  const [opcode, content] = reply(node, header, body)
  return Buffer.concat([
    Buffer.of(0x80 | VERSION, 0, header[2] as number, header[3] as number, opcode),
    int(content.byteLength),
    content,
  ])
}

function reply(node: FakeNode, header: Buffer, body: Buffer): [number, Buffer] {
  const asked = (header[0] as number) & 0x7f
  if (asked !== VERSION)
    return [OP.error, error(0x0a, `Invalid or unsupported protocol version (${asked}); supported versions are (3/v3, 4/v4)`)]
  switch (header[4]) {
    case OP.startup:
      return node.refusesLogin === true
        ? [OP.authenticate, text('org.apache.cassandra.auth.PasswordAuthenticator')]
        : [OP.ready, Buffer.alloc(0)]
    case OP.authResponse:
      return [OP.error, error(0x0100, 'Provided username u and/or password are incorrect')]
    case OP.options:
      return [OP.supported, short(0)]
    case OP.query: {
      const query = body.subarray(4, 4 + body.readInt32BE()).toString()
      if (query.includes('system.local')) return [OP.result, local(node)]
      if (query.includes('system.peers')) return [OP.result, rows(['peer'], [])]
      if (query.includes('system_schema')) return [OP.result, rows(['keyspace_name'], [])]
      return [OP.error, failure(node)]
    }
    case OP.prepare:
      return [OP.error, failure(node)]
    default:
      return [OP.ready, Buffer.alloc(0)]
  }
}

function failure({ error: given }: FakeNode): Buffer {
  const { code, message } = given ?? { code: 0, message: 'this is no Cassandra' }
  return error(code, message)
}

/** With what an Unavailable answer has beside its words. */
function error(code: number, message: string): Buffer {
  const more = code === 0x1000 ? [short(6), int(2), int(1)] : []
  return Buffer.concat([int(code), text(message), ...more])
}

function local({ version = '4.1.0', dataCentre = 'dc1' }: FakeNode): Buffer {
  // Who asks for two columns gets them first.
  const columns = {
    release_version: version,
    data_center: dataCentre,
    key: 'local',
    rack: 'r1',
    partitioner: 'org.apache.cassandra.dht.Murmur3Partitioner',
  }
  return rows(Object.keys(columns), [Object.values(columns)])
}

function rows(columns: readonly string[], all: readonly (readonly string[])[]): Buffer {
  return Buffer.concat([
    int(2),
    int(1),
    int(columns.length),
    text('system'),
    text('local'),
    ...columns.flatMap((name) => [text(name), short(VARCHAR)]),
    int(all.length),
    ...all.flatMap((values) => values.map(cell)),
  ])
}
