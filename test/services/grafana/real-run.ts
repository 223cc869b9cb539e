import pg from 'pg'
import { vi } from 'vitest'
import { freePorts } from '../../../scripts/services/free-ports.js'
import { startInfluxdb } from '../../../scripts/services/influxdb.js'
import { startPostgres } from '../../../scripts/services/postgres.js'
import { startPrometheus } from '../../../scripts/services/prometheus.js'
import { commandLine, type RunningCommand } from '../command-line.ts'
import { type StoresOfLog, storesOfLog } from '../sinks/stores-of-log.ts'
import type { Servers } from './frames.ts'
import { makeTroubles } from './make-troubles.ts'

/** How often Prometheus scrapes here. */
const SCRAPE_MS = 1_000
const DAYS = 40

/** What the dashboards ask, after a run with troubles. */
export interface RealRun {
  readonly servers: Servers
  stop(): Promise<void>
}

/** One process with all parts: simulated readings of 40 days until now, Postgres, InfluxDB, and Prometheus that scrapes it. */
export async function realRun(): Promise<RealRun> {
  const stops: (() => Promise<unknown>)[] = []
  const stop = async (): Promise<void> => {
    for (const each of stops.splice(0).reverse()) await each()
  }
  try {
    const [postgres, influx] = await Promise.all([startPostgres(), startInfluxdb()])
    stops.push(postgres.stop, influx.stop)
    const [port] = (await freePorts(1)) as [number]
    const environment = {
      POSTGRES_URL: postgres.url,
      INFLUX_URL: influx.url,
      INFLUX_TOKEN: influx.token,
      INFLUX_ORG: influx.org,
      INFLUX_BUCKET: influx.bucket,
      WINDROW_PORT: String(port),
      WINDROW_KEEP_SIMULATED: 'true',
      WINDROW_ALLOWED_LATENESS_WEATHER: String(20 * 24 * 60),
    }
    const windrow = await commandLine(environment)
    stops.push(windrow.remove)
    const running = windrow.start('start', '--days', String(DAYS))
    stops.push(() => running.stop())
    const prometheus = await startPrometheus({ jobs: { windrow: [`127.0.0.1:${port}`] }, intervalMs: SCRAPE_MS })
    stops.push(prometheus.stop)
    const stores = storesOfLog(windrow.folder, environment, ['postgres', 'influxdb'])
    await untilSimulated(prometheus.url, running)
    await influx.kill()
    await makeTroubles(windrow, environment)
    await vi.waitUntil(async () => (await promValue(prometheus.url, 'sum(windrow_sink_retries_total)')) > 0, PATIENCE)
    await influx.start()
    await caughtUp(stores)
    await windrow.ok('replay', 'weather_hourly')
    await caughtUp(stores)
    await copyToSpeedBucket(influx)
    await untilScraped(prometheus.url)
    return {
      servers: {
        postgres: await readerOf(postgres.url),
        influx: { url: influx.url, token: influx.token, org: influx.org, bucket: influx.bucket },
        prometheus: { url: prometheus.url, scrapeMs: SCRAPE_MS },
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function caughtUp(stores: StoresOfLog): Promise<void> {
  await stores.untilProcessed()
  await stores.untilCaughtUp(stores.names)
}

async function promValue(url: string, query: string): Promise<number> {
  const answer = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query })}`)
  const { data } = (await answer.json()) as {
    readonly data?: { readonly result: ReadonlyArray<{ readonly value: readonly [number, string] }> }
  }
  return Number(data?.result[0]?.value[1] ?? Number.NaN)
}

const PATIENCE = { timeout: 120_000, interval: 200 }

/** The simulator's first poll brings all days; the newest reading of the slowest topic is then of these hours. */
async function untilSimulated(url: string, { ended, stderr }: RunningCommand): Promise<void> {
  let over: string | null = null
  void ended.then(({ code }) => {
    over = `windrow start ended with ${code}: ${stderr.text}`
  })
  const query = 'count(time() - windrow_topic_last_event_timestamp_seconds < 3 * 3600)'
  await vi.waitUntil(async () => {
    if (over !== null) throw new Error(over)
    return (await promValue(url, query)) === 3
  }, PATIENCE)
}

/** Two polls of the simulator after the replay, and enough scrapes for a rate. */
const untilScraped = (url: string): Promise<unknown> =>
  vi.waitUntil(async () => (await promValue(url, 'min(count_over_time(windrow_replay_records_read[1m]))')) >= 4, PATIENCE)

/** The address for a user who may read what windrow made, and nothing else: as Grafana's in the deployment. */
async function readerOf(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(`CREATE ROLE grafana LOGIN; ALTER ROLE grafana SET default_transaction_read_only = on;
      GRANT SELECT ON ALL TABLES IN SCHEMA public TO grafana`)
  } finally {
    await client.end()
  }
  const address = new URL(url)
  address.username = 'grafana'
  return String(address)
}

/** What Telegraf writes are the same points, which a test of its own shows. */
async function copyToSpeedBucket({ url, token, org, bucket }: Servers['influx']): Promise<void> {
  const headers = { authorization: `Token ${token}`, 'content-type': 'application/json' }
  const call = async (path: string, body?: unknown): Promise<string> => {
    const answer = await fetch(`${url}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(text)
    return text
  }
  const { orgs } = JSON.parse(await call(`/api/v2/orgs?org=${org}`)) as { readonly orgs: ReadonlyArray<{ readonly id: string }> }
  await call('/api/v2/buckets', { name: 'speed_bucket', orgID: orgs[0]?.id })
  const query = `from(bucket: "${bucket}") |> range(start: -60d) |> filter(fn: (r) => r._measurement == "weather_data") |> to(bucket: "speed_bucket") |> count()`
  await call(`/api/v2/query?org=${org}`, { query })
}
