import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { hasPostgresExporter } from '../../../scripts/services/postgres-exporter.js'
import { hasWhole, startWhole } from '../../../scripts/services/whole.js'
import { type Chosen, durationMs, instantOf, type Scope } from '../../grafana/interpolate.ts'
import { shownPanels, storedDashboards } from '../../grafana/stored-dashboards.ts'
import { ask, listValues, type Servers } from '../grafana/frames.ts'
import { storesOfLog } from '../sinks/stores-of-log.ts'

// What `docker compose up -d` starts, as processes made from docker-compose.yml, with the secrets, roles and tokens of deploy/.

type Whole = Awaited<ReturnType<typeof startWhole>>

if (!hasWhole())
  process.stderr.write(
    'services: all of docker-compose.yml at once is SKIPPED: it takes PostgreSQL, InfluxDB, Telegraf, Prometheus, and no Docker engine\n',
  )

const PATIENCE = { timeout: 120_000, interval: 250 }

describe.runIf(hasWhole())('all that docker compose starts', () => {
  let whole: Whole
  let servers: Servers
  /** Those of windrow, which know the stores by their secrets. */
  let environment: Readonly<Record<string, string>>

  beforeAll(async () => {
    whole = await startWhole({ more: { producer: ['--days', '3'] } })
    const { addresses, secret } = whole
    const address = (name: string): string => addresses[name] as string
    environment = {
      KAFKA_BROKERS: address('kafka:9094'),
      SCHEMA_REGISTRY_URL: `http://${address('registry:8080')}/apis/ccompat/v7`,
      POSTGRES_URL: await secret('sink-postgres', 'postgres_url'),
      INFLUX_URL: `http://${address('influxdb:8086')}`,
      INFLUX_ORG: 'windrow',
      INFLUX_TOKEN: await secret('sink-influxdb', 'influx_token'),
      CASSANDRA_CONTACT_POINTS: address('cassandra:9042'),
    }
    servers = {
      postgres: `postgres://grafana:${await secret('grafana', 'postgres_grafana_password')}@${address('postgres:5432')}/windrow`,
      influx: {
        url: `http://${address('influxdb:8086')}`,
        token: await secret('grafana', 'influx_grafana_token'),
        org: 'windrow',
        bucket: 'windrow',
      },
      prometheus: { url: `http://${address('prometheus:9090')}`, scrapeMs: 15_000 },
    }
  })
  afterAll(() => whole?.stop())

  const server = async (path: string): Promise<{ status: number; body: unknown }> => {
    const answer = await fetch(`http://${whole.addresses['server:8000']}${path}`)
    return { status: answer.status, body: await answer.json() }
  }

  const influx = async (token: string, query: string): Promise<{ status: number; text: string }> => {
    const answer = await fetch(`${servers.influx.url}/api/v2/query?org=windrow`, {
      method: 'POST',
      headers: { authorization: `Token ${token}`, 'content-type': 'application/vnd.flux', accept: 'application/csv' },
      body: query,
    })
    return { status: answer.status, text: await answer.text() }
  }

  /** How many readings of the weather a bucket has. */
  const weatherPoints = async (bucket: string): Promise<number> => {
    const query = `from(bucket: "${bucket}") |> range(start: -10d)
      |> filter(fn: (r) => r._measurement == "weather_data" and r._field == "interval_minutes") |> group() |> count()`
    const { text } = await influx(servers.influx.token, query)
    return Number(text.trim().split('\n').at(-1)?.split(',').at(-1) ?? 0)
  }

  test('the server answers, and all readings are in the views', async () => {
    expect((await server('/health/ready')).status).toBe(200)
    const sinksNow = async (): Promise<readonly { sink: string; problem: unknown }[]> =>
      ((await server('/api/health')).body as { sinks: never }).sinks
    // A sink is there with the first row of a view.
    const names = async (): Promise<readonly string[]> => [...new Set((await sinksNow()).map(({ sink }) => sink))].sort()
    await expect.poll(names, PATIENCE).toEqual(['cassandra', 'influxdb', 'postgres'])
    await expect.poll(async () => (await server('/health')).body, PATIENCE).toMatchObject({ status: 'fresh' })
    // A request that took too long is a problem until it was asked again.
    await expect.poll(async () => (await sinksNow()).filter(({ problem }) => problem !== null), PATIENCE).toEqual([])
  })

  test('Prometheus reaches every process, and no alert is raised', async () => {
    const query = async (expr: string): Promise<readonly { metric: Record<string, string>; value: [number, string] }[]> => {
      const answer = await fetch(`${servers.prometheus.url}/api/v1/query?${new URLSearchParams({ query: expr })}`)
      return ((await answer.json()) as { data: { result: never } }).data.result
    }
    // Those that nobody has asked yet included, which `up` says nothing of.
    const health = async (): Promise<readonly string[]> => {
      const answer = await fetch(`${servers.prometheus.url}/api/v1/targets?state=active`)
      const { data } = (await answer.json()) as { data: { activeTargets: readonly { health: string }[] } }
      return data.activeTargets.map((target) => target.health)
    }
    const areUp = async (): Promise<boolean> => {
      const targets = await health()
      return targets.length >= 7 && targets.every((state) => state === 'up')
    }
    await vi.waitUntil(areUp, PATIENCE)
    // The exporter's role reaches the database, where there is an exporter.
    const reached = async (): Promise<readonly string[]> => (await query('pg_up')).map(({ value }) => value[1])
    await expect.poll(reached, PATIENCE).toEqual(hasPostgresExporter() ? ['1'] : [])
    expect((await query('ALERTS{alertstate="firing"}')).map(({ metric }) => metric.alertname)).toEqual([])
  })

  test('Telegraf has written the readings that the view has', async () => {
    const equal = async (): Promise<boolean> => {
      const [speed, views] = await Promise.all([weatherPoints('speed_bucket'), weatherPoints('windrow')])
      return views > 100 && speed === views
    }
    await vi.waitUntil(equal, PATIENCE)
  })

  test('the dashboards ask with rights that suffice, and the live ones show something', async () => {
    for (const [, dashboard] of storedDashboards()) {
      let variables: Readonly<Record<string, Chosen>> = {}
      const scopeOf = (interval?: string): Scope => {
        const now = new Date()
        const minIntervalMs = interval === undefined ? 1 : durationMs(interval)
        return { from: instantOf(dashboard.time.from, now), to: now, variables, minIntervalMs, maxDataPoints: 600 }
      }
      // As somebody has them who chose nothing.
      for (const { name, type, query, datasource, allValue } of dashboard.templating.list) {
        const text = typeof query === 'string' ? query : query.query
        const values =
          type === 'query' ? await listValues(text, datasource?.uid ?? '', scopeOf(), servers) : text.split(',').slice(0, 1)
        variables = { ...variables, [name]: allValue === undefined ? { values } : { values, allValue } }
      }
      for (const panel of shownPanels(dashboard)) {
        const found = []
        for (const target of panel.targets ?? []) found.push(...(await ask(target, scopeOf(panel.interval), servers)))
        const isLive = dashboard.uid === 'windrow-speed'
        if (isLive)
          expect([panel.title, found.some(({ fields }) => (fields[0]?.values.length ?? 0) > 0)]).toEqual([panel.title, true])
      }
    }
  })

  test('each has its own rights: those of Grafana and the exporter read, and Telegraf writes', async () => {
    const grafana = new pg.Client({ connectionString: servers.postgres })
    await grafana.connect()
    try {
      expect((await grafana.query('SELECT count(*)::int AS n FROM weather_data')).rows[0]?.n).toBeGreaterThan(100)
      await expect(grafana.query('DELETE FROM weather_data')).rejects.toThrow('read-only transaction')
      await grafana.query('SET default_transaction_read_only = off')
      await expect(grafana.query('DELETE FROM weather_data')).rejects.toThrow('permission denied')
    } finally {
      await grafana.end()
    }
    const { rows } = await asOwner(
      'SELECT rolname, rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolcanlogin ORDER BY 1',
    )
    expect(rows.filter(({ rolsuper, rolcreatedb, rolcreaterole }) => rolsuper || rolcreatedb || rolcreaterole)).toEqual([
      expect.objectContaining({ rolname: 'postgres' }),
    ])
    const token = await whole.secret('telegraf', 'influx_speed_token')
    expect((await influx(token, 'from(bucket: "speed_bucket") |> range(start: -1h)')).status).toBe(404)
    for (const [reader, bucket] of [
      [servers.influx.token, 'speed_bucket'],
      [environment.INFLUX_TOKEN, 'speed_bucket'],
      [servers.influx.token, 'windrow'],
      [token, 'windrow'],
    ] as const) {
      const write = await fetch(`${servers.influx.url}/api/v2/write?org=windrow&bucket=${bucket}`, {
        method: 'POST',
        headers: { authorization: `Token ${reader}` },
        body: 'somebody value=1',
      })
      expect([403, 404]).toContain(write.status)
    }
  })

  const asOwner = async (statement: string): Promise<pg.QueryResult> => {
    const client = new pg.Client({ connectionString: environment.POSTGRES_URL })
    await client.connect()
    try {
      return await client.query(statement)
    } finally {
      await client.end()
    }
  }

  test('secrets and tokens stay when compose starts again, and are other ones when they are rotated', async () => {
    const before = await whole.secret('grafana', 'influx_grafana_token')
    expect(await whole.run('init')).toContain('0 secrets were made, and 0 files written')
    expect(await whole.run('influx-access')).toBe('')
    expect(await whole.secret('grafana', 'influx_grafana_token')).toBe(before)
    expect(await whole.run('influx-access', 'rotate', 'grafana')).toContain(
      'grafana has a token: read windrow, read speed_bucket',
    )
    const after = await whole.secret('grafana', 'influx_grafana_token')
    const query = 'from(bucket: "windrow") |> range(start: -1h) |> limit(n: 1)'
    expect((await influx(before, query)).status).toBe(401)
    expect((await influx(after, query)).status).toBe(200)
  })

  test('the three stores have the same rows, and all end in order', async () => {
    await whole.processes.producer?.stop()
    const stores = storesOfLog(process.cwd(), environment, ['postgres', 'influxdb', 'cassandra'])
    await stores.untilProcessed()
    await stores.untilCaughtUp(stores.names)
    const { rows, lines } = await stores.differences()
    expect(lines).toEqual([])
    expect(rows).toBeGreaterThan(1_000)
    for (const [name, service] of Object.entries(whole.processes)) {
      await service.stop()
      expect([name, service.runs, service.log().match(/"level":"(error|fatal)".*/)?.[0]]).toEqual([name, false, undefined])
    }
  })
})
