// @ts-check
import { rm } from 'node:fs/promises'

/**
 * Starts a server whose folder goes with it, and removes both again where it does not start. Resolves to what ends it.
 * @param {Pick<import('./service.js').Service, 'start' | 'kill'>} server
 * @param {string} folder
 * @param {() => Promise<void>} [start] where there is more to do than the server's own
 * @returns {Promise<() => Promise<void>>}
 */
export async function startInFolder(server, folder, start = server.start) {
  const stop = async () => {
    await server.kill()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await start()
  } catch (error) {
    await stop()
    throw error
  }
  return stop
}
