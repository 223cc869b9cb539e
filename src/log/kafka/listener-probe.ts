import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Broker } from './broker-connection.ts'

/** What a port of a broker wants of its clients. `sasl` null: that could not be seen. */
export interface Listener {
  readonly tls: boolean
  readonly sasl: boolean | null
}

const PATIENCE_MS = 2_000
const ILLEGAL_SASL_STATE = 34
const UNSUPPORTED_SASL_MECHANISM = 33
/** Answers to what is asked here are short; what claims more is no answer of Kafka's. */
const LONGEST_ANSWER = 4096

/**
 * Looks at what a port speaks, by the question that every listener of Kafka answers: may one sign in? Null: it answers to none of this,
 * or nobody is there. For a broker that closes connections without a word: the words are missing where the protocol does not fit.
 */
export async function probeListener({ host, port }: Broker): Promise<Listener | null> {
  const plain = await ask(connect({ host, port }), 'connect')
  if (plain === 'nobody') return null
  if (plain !== 'silent') return { tls: false, sasl: plain === 'sasl' }
  // Nothing is told to it, so that who it is need not be known.
  const secure = await ask(connectTls({ host, port, rejectUnauthorized: false }), 'secureConnect')
  if (secure === 'nobody') return null
  return { tls: true, sasl: secure === 'silent' ? null : secure === 'sasl' }
}

/** `silent`: it can be connected to, and gives no answer. */
function ask(socket: Socket, connected: 'connect' | 'secureConnect'): Promise<'sasl' | 'no sasl' | 'silent' | 'nobody'> {
  return new Promise((resolve) => {
    let answer = Buffer.alloc(0)
    let isConnected = false
    const end = (found: 'sasl' | 'no sasl' | 'silent' | 'nobody'): void => {
      socket.destroy()
      resolve(found)
    }
    const nothing = (): void => end(isConnected ? 'silent' : 'nobody')
    socket.setTimeout(PATIENCE_MS, nothing)
    socket.once('error', nothing)
    socket.once('close', nothing)
    socket.once(connected, () => {
      isConnected = true
      socket.write(saslHandshake())
    })
    socket.on('data', (bytes) => {
      answer = Buffer.concat([answer, bytes])
      // Size, correlation id, error code.
      if (answer.byteLength < 10) return
      const code = answer.readInt16BE(8)
      const isAnswer = answer.readInt32BE(0) <= LONGEST_ANSWER && answer.readInt32BE(4) === CORRELATION_ID
      if (isAnswer && code === ILLEGAL_SASL_STATE) end('no sasl')
      else if (isAnswer && (code === 0 || code === UNSUPPORTED_SASL_MECHANISM)) end('sasl')
      else end('silent')
    })
  })
}

const CORRELATION_ID = 0x77726f77

/** A SaslHandshake request, version 1, for PLAIN. */
function saslHandshake(): Buffer {
  const [clientId, mechanism] = [Buffer.from('windrow'), Buffer.from('PLAIN')]
  const body = Buffer.alloc(12 + clientId.byteLength + mechanism.byteLength)
  body.writeInt16BE(17, 0)
  body.writeInt16BE(1, 2)
  body.writeInt32BE(CORRELATION_ID, 4)
  body.writeInt16BE(clientId.byteLength, 8)
  clientId.copy(body, 10)
  body.writeInt16BE(mechanism.byteLength, 10 + clientId.byteLength)
  mechanism.copy(body, 12 + clientId.byteLength)
  const size = Buffer.alloc(4)
  size.writeInt32BE(body.byteLength)
  return Buffer.concat([size, body])
}
