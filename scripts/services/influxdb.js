// @ts-check
import { canBuildInfluxdb } from './build-influxdb.js'
import { composeService } from './compose.js'
import { freePorts } from './free-ports.js'
import { howToRun } from './how-to-run.js'
import { startInfluxdbProcess } from './process-influxdb.js'
import { answersHttp } from './until-ready.js'

/** Set where building it failed, for the processes that we start: none of them is to try it again. */
export const withoutInfluxdb = 'SERVICES_WITHOUT_INFLUXDB'

/** Whether it can be started here. */
export const hasInfluxdb = () =>
  howToRun() === 'docker' || (howToRun() === 'java' && process.env[withoutInfluxdb] === undefined && canBuildInfluxdb())

/** Of the first user, who may do everything. */
const everybodysToken = 'windrow-services-token'
const everybodysPassword = 'windrow-password'
const org = 'windrow'
const bucket = 'windrow'

/**
 * Starts InfluxDB 2 on a loopback port, with an organisation, a bucket and a token.
 * @param {{ readonly port?: number, readonly token?: string, readonly password?: string }} [options] of the first user, whom one without them shares
 *   with all tests
 * @returns {Promise<import('./service.js').Influxdb>}
 */
export async function startInfluxdb(options = {}) {
  const { token = everybodysToken, password = everybodysPassword } = options
  const server =
    howToRun() === 'docker' ? await composeInfluxdb({ ...options, token, password }) : await startInfluxdbProcess(options)
  try {
    await setUp(server.url, { token, password })
  } catch (error) {
    await server.remove()
    throw error
  }
  return { url: server.url, token, org, bucket, kill: server.kill, start: server.start, log: server.log, stop: server.remove }
}

/**
 * What the container's own setup does too, and the process has to be told.
 * @param {string} url
 * @param {{ readonly token: string, readonly password: string }} first
 */
async function setUp(url, { token, password }) {
  const allowed = await fetch(`${url}/api/v2/setup`, { signal: AbortSignal.timeout(10_000) })
  if (!(/** @type {{ allowed: boolean }} */ (await allowed.json()).allowed)) return
  const answer = await fetch(`${url}/api/v2/setup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'admin', password, org, bucket, token, retentionPeriodSeconds: 0 }),
    signal: AbortSignal.timeout(30_000),
  })
  if (!answer.ok) throw new Error(`InfluxDB cannot be set up: ${await answer.text()}`)
}

/** @param {{ readonly port?: number, readonly token: string, readonly password: string }} options */
async function composeInfluxdb({ port: wanted, token, password }) {
  const port = wanted ?? /** @type {number} */ ((await freePorts(1))[0])
  const url = `http://127.0.0.1:${port}`
  const server = composeService({
    name: 'influxdb',
    variables: { PORT_INFLUX: String(port) },
    secrets: { admin_password: password, admin_token: token },
    // While it sets itself up it answers on a port of its own, inside.
    isReady: () => answersHttp(`${url}/health`),
  })
  try {
    await server.start()
  } catch (error) {
    await server.remove()
    throw error
  }
  return Object.assign(server, { url })
}
