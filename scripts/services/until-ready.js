// @ts-check
import { setTimeout as delay } from 'node:timers/promises'

/**
 * Resolves when a server that was just started answers. Rejects when it ends before, or never does.
 * @param {object} server
 * @param {string} server.name
 * @param {() => Promise<boolean>} server.isReady
 * @param {() => boolean} server.runs
 * @param {() => string} server.log
 * @param {Promise<void>} [server.ended]
 * @param {number} [timeoutMs]
 */
export async function untilReady({ name, isReady, runs, log, ended }, timeoutMs = 120_000) {
  const deadline = performance.now() + timeoutMs
  while (!(await isReady())) {
    if (!runs()) throw new Error(`${name} ended before it was ready:\n${log().slice(-4000)}`)
    if (performance.now() > deadline) throw new Error(`${name} was not ready after ${timeoutMs} ms:\n${log().slice(-4000)}`)
    await Promise.race([delay(50), ...(ended === undefined ? [] : [ended])])
  }
}

/**
 * Whether the address answers with success.
 * @param {string} url
 */
export async function answersHttp(url) {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) })
    await response.arrayBuffer()
    return response.ok
  } catch {
    // Nobody listens yet, or not for long enough: the caller asks again.
    return false
  }
}
