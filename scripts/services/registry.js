// @ts-check
import { composeService } from './compose.js'
import { freePorts } from './free-ports.js'
import { howToRun } from './how-to-run.js'
import { startJavaRegistry } from './java-registry.js'
import { answersHttp } from './until-ready.js'

/** @typedef {import('./service.js').Registry} Registry */

/**
 * Starts a Confluent-compatible schema registry on a loopback port.
 * @param {{ readonly port?: number }} [options]
 * @returns {Promise<Registry>}
 */
export async function startRegistry(options = {}) {
  return howToRun() === 'docker' ? composeRegistry(options) : startJavaRegistry(options)
}

/**
 * @param {{ readonly port?: number }} options
 * @returns {Promise<Registry>}
 */
async function composeRegistry({ port: wanted }) {
  const port = wanted ?? /** @type {number} */ ((await freePorts(1))[0])
  const server = composeService({
    name: 'registry',
    variables: { PORT_REGISTRY: String(port) },
    isReady: () => answersHttp(`http://127.0.0.1:${port}/apis/registry/v3/system/info`),
  })
  const registry = {
    url: `http://127.0.0.1:${port}/apis/ccompat/v7`,
    kill: server.kill,
    start: server.start,
    stop: server.remove,
  }
  try {
    await server.start()
  } catch (error) {
    await registry.stop()
    throw error
  }
  return registry
}
