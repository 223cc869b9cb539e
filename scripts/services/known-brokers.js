// @ts-check
import { connect } from 'node:net'

/** A Metadata request, version 1, for no topic: the brokers alone. */
function metadataRequest() {
  const clientId = 'windrow-services'
  const body = Buffer.alloc(10 + clientId.length + 4)
  body.writeInt16BE(3, 0)
  body.writeInt16BE(1, 2)
  body.writeInt32BE(1, 4)
  body.writeInt16BE(clientId.length, 8)
  body.write(clientId, 10)
  body.writeInt32BE(0, 10 + clientId.length)
  const size = Buffer.alloc(4)
  size.writeInt32BE(body.length)
  return Buffer.concat([size, body])
}

/**
 * How many brokers the one at the port knows to be at work; 0 while it does not answer.
 * @param {number} port
 * @param {number} [timeoutMs]
 * @returns {Promise<number>}
 */
export function knownBrokers(port, timeoutMs = 2_000) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    let answer = Buffer.alloc(0)
    /** @param {number} brokers */
    const end = (brokers) => {
      socket.destroy()
      resolve(brokers)
    }
    socket.setTimeout(timeoutMs, () => end(0))
    socket.once('error', () => end(0))
    socket.once('close', () => end(0))
    socket.once('connect', () => socket.write(metadataRequest()))
    socket.on('data', (bytes) => {
      answer = Buffer.concat([answer, bytes])
      // Size, correlation id, and how many brokers follow.
      if (answer.length >= 12) end(answer.readInt32BE(8))
    })
  })
}
