// @ts-check
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { canBuildTelegraf, installTelegraf } from './build-telegraf.js'
import { serviceFile } from './install-once.js'
import { serverProcess } from './server-process.js'
import { startInFolder } from './start-in-folder.js'

/** Set where building it failed, for the processes that we start: none of them is to try it again. */
export const withoutTelegraf = 'SERVICES_WITHOUT_TELEGRAF'

/** Whether it can be started here. It runs as a process also where the other servers are containers. */
export const hasTelegraf = () => process.env[withoutTelegraf] === undefined && canBuildTelegraf()

/**
 * Starts Telegraf with telegraf/telegraf.conf: it writes the readings of Kafka into a bucket of InfluxDB.
 * @param {import('./service.js').TelegrafOptions} options
 * @returns {Promise<import('./service.js').Telegraf>}
 */
export async function startTelegraf({ brokers, influxdb, bucket = 'speed_bucket', environment = {} }) {
  const program = join(await installTelegraf(), 'telegraf')
  await ensureBucket(influxdb, bucket)
  const folder = await mkdtemp(join(tmpdir(), 'windrow-telegraf-'))
  const secrets = join(folder, 'secrets')
  await mkdir(secrets, { mode: 0o700 })
  await writeFile(join(secrets, 'influx_speed_token'), influxdb.token)
  const logFile = join(folder, 'telegraf.log')
  const server = serverProcess({
    name: 'telegraf',
    command: program,
    args: ['--strict-env-handling', '--config', serviceFile('../../telegraf/telegraf.conf')],
    env: {
      PATH: process.env.PATH,
      KAFKA_BROKERS: brokers.split(',')[0],
      INFLUX_URL: influxdb.url,
      INFLUX_ORG: influxdb.org,
      INFLUX_SPEED_BUCKET: bucket,
      TELEGRAF_SECRETS: secrets,
      ...environment,
    },
    logFile,
    scratch: folder,
    // It says so when it has read its configuration, and opens no port by which one could ask it.
    isReady: async () => starts(server.log()) > startedBefore,
  })
  let startedBefore = 0
  const start = () => {
    startedBefore = existsSync(logFile) ? starts(server.log()) : 0
    return server.start()
  }
  const stop = await startInFolder(server, folder, start)
  return {
    bucket,
    get runs() {
      return server.runs
    },
    kill: server.kill,
    start,
    log: server.log,
    stop,
  }
}

/** @param {string} log */
const starts = (log) => log.split('[agent] Config:').length - 1

/**
 * @param {import('./service.js').TelegrafOptions['influxdb']} influxdb
 * @param {string} name
 */
async function ensureBucket({ url, token, org }, name) {
  /** @param {string} path @param {object} [body] */
  const ask = async (path, body) => {
    const answer = await fetch(`${url}/api/v2/${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Token ${token}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(10_000),
    })
    if (!answer.ok) throw new Error(`InfluxDB has no bucket for Telegraf: ${await answer.text()}`)
    return /** @type {{ buckets: object[], orgs: { id: string }[] }} */ (await answer.json())
  }
  const { buckets } = await ask(`buckets?org=${encodeURIComponent(org)}`)
  if (buckets.some((bucket) => /** @type {{ name: string }} */ (bucket).name === name)) return
  const { orgs } = await ask(`orgs?org=${encodeURIComponent(org)}`)
  await ask('buckets', { orgID: orgs[0]?.id, name })
}
