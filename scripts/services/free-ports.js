// @ts-check
import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

// Below the range that systems take ports of outgoing connections from: a server that was killed finds its port free again.
const lowest = 20_000
const highest = 32_000

/**
 * What this process was given already: a server may bind its port seconds after it was chosen.
 * @type {Set<number>}
 */
const given = new Set()

/**
 * So many loopback ports that nobody listens on, each given once.
 * @param {number} count
 * @returns {Promise<number[]>}
 */
export async function freePorts(count) {
  /** @type {Set<number>} */
  const found = new Set()
  while (found.size < count) {
    const port = randomInt(lowest, highest)
    if (given.has(port) || !(await isFree(port))) continue
    given.add(port)
    found.add(port)
  }
  return [...found]
}

/**
 * @param {number} port
 * @returns {Promise<boolean>}
 */
function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)))
  })
}
