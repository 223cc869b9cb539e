// @ts-check
import { connect } from 'node:net'

const opcodes = { ready: 0x02, startup: 0x01, authenticate: 0x03, authResponse: 0x0f, authSuccess: 0x10 }

/**
 * A frame of version 4 of Cassandra's native protocol.
 * @param {number} opcode
 * @param {Buffer} body
 */
function frame(opcode, body) {
  const header = Buffer.from([0x04, 0, 0, 0, opcode, 0, 0, 0, 0])
  header.writeInt32BE(body.length, 5)
  return Buffer.concat([header, body])
}

/** @param {string} text */
function shortText(text) {
  const bytes = Buffer.from(text)
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes])
}

/** @param {string} text */
function token(text) {
  const bytes = Buffer.from(text)
  const size = Buffer.alloc(4)
  size.writeInt32BE(bytes.length)
  return Buffer.concat([size, bytes])
}

const startup = frame(opcodes.startup, Buffer.concat([Buffer.from([0, 1]), shortText('CQL_VERSION'), shortText('3.4.5')]))

/**
 * Whether a Cassandra at the port takes clients: who has to sign in does so as its first superuser.
 * @param {number} port
 * @param {number} [timeoutMs]
 * @returns {Promise<boolean>}
 */
export function answersCql(port, timeoutMs = 5_000) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    let answer = Buffer.alloc(0)
    /** @param {boolean} is */
    const end = (is) => {
      socket.destroy()
      resolve(is)
    }
    socket.setTimeout(timeoutMs, () => end(false))
    socket.once('error', () => end(false))
    socket.once('close', () => end(false))
    socket.once('connect', () => socket.write(startup))
    socket.on('data', (bytes) => {
      answer = Buffer.concat([answer, bytes])
      if (answer.length < 9 || answer.length < 9 + answer.readInt32BE(5)) return
      const opcode = answer[4]
      answer = Buffer.alloc(0)
      if (opcode === opcodes.authenticate) socket.write(frame(opcodes.authResponse, token('\0cassandra\0cassandra')))
      else end(opcode === opcodes.ready || opcode === opcodes.authSuccess)
    })
  })
}
