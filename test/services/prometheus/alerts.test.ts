import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startWindrow, type WindrowProcess } from '../../../bench/chaos/windrow-process.ts'
import { startAlertmanager } from '../../../scripts/services/alertmanager.js'
import { hasAlertmanager } from '../../../scripts/services/debian-programs.js'
import { freePorts } from '../../../scripts/services/free-ports.js'
import { hasPostgres, startPostgres } from '../../../scripts/services/postgres.js'
import { hasPostgresExporter, startPostgresExporter } from '../../../scripts/services/postgres-exporter.js'
import { hasPrometheus, startPrometheus } from '../../../scripts/services/prometheus.js'
import { hurriedRules } from './hurried-rules.ts'
import { type ToldAlerts, toldAlerts } from './told-alerts.ts'

type Started<F extends (...args: never[]) => Promise<unknown>> = Awaited<ReturnType<F>>

const PATIENCE = { timeout: 60_000, interval: 250 }

describe.runIf(hasPrometheus() && hasPostgres())('alerts of a windrow that Prometheus scrapes', () => {
  const stops: Array<() => Promise<unknown>> = []
  const later = <T extends { stop(): Promise<unknown> }>(started: T): T => {
    stops.push(() => started.stop())
    return started
  }
  let folder: string
  let port: number
  let postgres: Started<typeof startPostgres>
  let prometheus: Started<typeof startPrometheus>
  let listener: ToldAlerts
  let windrow: WindrowProcess

  const run = (...args: readonly string[]): WindrowProcess =>
    startWindrow({
      name: args[0] as string,
      args,
      settings: { WINDROW_DATA_DIR: join(folder, 'data'), WINDROW_PORT: String(port), POSTGRES_URL: postgres.url },
      logFile: join(folder, 'windrow.log'),
    })
  const start = (): WindrowProcess => run('start', '--no-simulator')
  const publish = async (from: string, to: string): Promise<void> => {
    const { ended, told } = run('produce', '--source', 'simulator', '--from', from, '--to', to)
    expect(await ended, told()).toBe('exit code 0')
  }

  async function ask<T>(path: string): Promise<T> {
    const answer = (await (await fetch(`${prometheus.url}/api/v1/${path}`)).json()) as { readonly data: T }
    return answer.data
  }
  const firing = async (): Promise<string[]> => {
    const { alerts } = await ask<{ alerts: Array<{ state: string; labels: Record<string, string> }> }>('alerts')
    return alerts.filter(({ state }) => state === 'firing').map(({ labels }) => String(labels.alertname))
  }
  const figure = async (query: string): Promise<string | undefined> => {
    const { result } = await ask<{ result: Array<{ value: [number, string] }> }>(`query?query=${encodeURIComponent(query)}`)
    return result[0]?.value[1]
  }
  const untilFiring = (name: string) => expect.poll(firing, PATIENCE).toContain(name)
  const untilNotFiring = (name: string) => expect.poll(firing, PATIENCE).not.toContain(name)
  const untilTold = async (text: string): Promise<void> => {
    if (hasAlertmanager()) await expect.poll(() => listener.told, PATIENCE).toContain(text)
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'windrow-alerts-'))
    listener = await toldAlerts()
    stops.push(() => listener.close())
    const [free] = await freePorts(1)
    port = free as number
    postgres = later(await startPostgres())
    const configuration = JSON.stringify({
      route: { receiver: 'test', group_by: ['alertname'], group_wait: '0s', group_interval: '1s' },
      receivers: [{ name: 'test', webhook_configs: [{ url: listener.url, send_resolved: true }] }],
    })
    const alertmanager = hasAlertmanager() ? later(await startAlertmanager({ configuration })) : null
    const exporter = hasPostgresExporter() ? later(await startPostgresExporter({ postgresUrl: postgres.url })) : null
    await publish('2025-03-01', '2025-03-03')
    windrow = start()
    prometheus = later(
      await startPrometheus({
        jobs: {
          windrow: [`127.0.0.1:${port}`],
          ...(exporter !== null && { postgres: [new URL(exporter.url).host] }),
        },
        // The exporter takes a second to say that its server is away.
        intervalMs: 2_000,
        ruleFiles: hurriedRules(folder),
        alertmanagers: alertmanager === null ? [] : [new URL(alertmanager.url).host],
      }),
    )
  })
  afterAll(async () => {
    if (windrow?.runs) await windrow.kill()
    await Promise.allSettled(stops.reverse().map((stop) => stop()))
    await rm(folder, { recursive: true, force: true })
  })

  test('are none of a start once it is at work', async () => {
    await expect.poll(() => figure('windrow_ready'), PATIENCE).toBe('1')
    await expect.poll(() => figure('sum(windrow_sink_rows_written_total) > 0'), PATIENCE).toBeDefined()
    await expect.poll(firing, PATIENCE).toEqual([])
  })

  test('tell of a store that is away, and that it is back', async () => {
    await postgres.kill('SIGKILL')
    // Without anything to write nobody would notice.
    await publish('2025-03-03', '2025-03-05')
    await untilFiring('WindrowSinkDown')
    await untilTold('firing WindrowSinkDown')
    if (hasPostgresExporter()) await untilFiring('PostgresDown')
    await postgres.start()
    await untilNotFiring('WindrowSinkDown')
    await untilTold('resolved WindrowSinkDown')
    await untilNotFiring('PostgresDown')
  })

  test('tell of a process that was killed, and that it is back', async () => {
    await windrow.kill()
    await untilFiring('WindrowProcessDown')
    await untilTold('firing WindrowProcessDown')
    windrow = start()
    await untilNotFiring('WindrowProcessDown')
    await untilTold('resolved WindrowProcessDown')
  })

  test('find no rule that fails, and every figure that is shared', async () => {
    expect(Number(await figure('sum(prometheus_rule_evaluation_failures_total) or vector(0)'))).toBe(0)
    const { groups } = await ask<{ groups: Array<{ rules: Array<{ name: string; health: string }> }> }>('rules')
    expect(groups.flatMap(({ rules }) => rules).filter(({ health }) => health !== 'ok')).toEqual([])
    for (const name of ['windrow:task_lag', 'windrow:sink_problem', 'windrow:station_silent_seconds']) {
      await expect.poll(() => figure(name), PATIENCE).toBeDefined()
    }
  })
})
