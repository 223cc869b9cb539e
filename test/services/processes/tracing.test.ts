import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type FakeCollector, startFakeCollector } from '../../support/fake-collector.ts'
import { isBuilt, windrowProcesses } from '../../support/windrow-processes.ts'

let folder: string
const processes = windrowProcesses(() => folder)
const collectors: FakeCollector[] = []

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'windrow-tracing-'))
})
afterAll(() => {
  processes.killAll()
  for (const collector of collectors) collector.close()
  rmSync(folder, { recursive: true, force: true })
})

async function collector(options: { hangs?: boolean } = {}): Promise<FakeCollector> {
  const started = await startFakeCollector(options)
  collectors.push(started)
  return started
}

const simulated = ['produce', '--source', 'simulator', '--days', '1', '--station', 'sim-paris']

describe.runIf(isBuilt)('traces of the built program (skipped where dist/ is not built)', { timeout: 120_000 }, () => {
  test('polls, commits, writes of sinks, replays and requests reach the collector, named and with what they were about', async () => {
    const { url, spans } = await collector()
    const traced = (...words: string[]) =>
      processes.start({ OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_SERVICE_NAME: 'roof' }, ...words)
    expect((await traced(...simulated).ended).code).toBe(0)
    expect((await traced('run', '--until-end', '--sinks', 'postgres').ended).code).toBe(0)
    expect((await traced('replay', 'weather_daily', '--sinks', 'none').ended).code).toBe(0)
    const running = traced('run', '--sinks', 'none', '--metrics-port', '0')
    const at = /http:\/\/[0-9.:]+/.exec(await running.lineWith('metrics are at'))?.[0]
    expect((await fetch(`${at}/health/live`)).status).toBe(200)
    running.child.kill('SIGTERM')
    expect((await running.ended).code).toBe(0)

    const of = (name: string) => spans.filter((span) => span.name === name)
    expect(new Set(spans.map(({ service }) => service))).toEqual(new Set(['roof']))
    expect(of('source poll')).toMatchObject([
      {
        role: 'produce',
        failed: false,
        attributes: { 'windrow.source': 'simulator', 'windrow.station': '*', 'windrow.dead_lettered': 0 },
      },
    ])
    const published = of('source poll')[0]?.attributes['windrow.published']
    const committed = of('task commit').filter(
      ({ role, attributes }) => role === 'run' && Number(attributes['windrow.readings']) > 0,
    )
    expect(committed.reduce((sum, { attributes }) => sum + Number(attributes['windrow.readings']), 0)).toBe(published)
    expect(committed[0]).toMatchObject({ role: 'run', failed: false, attributes: { 'windrow.topic': 'weather.readings' } })
    expect(of('sink write').map(({ attributes }) => attributes['windrow.view'])).toContain('weather_hourly')
    expect(of('sink write')[0]?.attributes).toMatchObject({ 'windrow.sink': 'postgres', 'windrow.rows': expect.any(Number) })
    expect(of('replay')).toMatchObject([
      { role: 'replay', attributes: { 'windrow.views': 'weather_daily', 'windrow.rollback': false } },
    ])
    expect(of('GET /health/live')).toMatchObject([
      { attributes: { 'http.request.method': 'GET', 'http.route': '/health/live', 'http.response.status_code': 200 } },
    ])
    for (const { durationMs } of spans) expect(durationMs).toBeGreaterThanOrEqual(0)
  })

  test.each([
    ['away', null],
    ['hanging', { hangs: true }],
  ])('a collector that is %s changes nothing of the work, and keeps no process from ending', async (_, options) => {
    const there = options === null ? null : await collector(options)
    const OTEL_EXPORTER_OTLP_ENDPOINT = there?.url ?? 'http://127.0.0.1:9'
    const environment = { OTEL_EXPORTER_OTLP_ENDPOINT, WINDROW_DATA_DIR: join(folder, `without-${options === null}`) }
    const began = performance.now()
    const { code, output } = await processes.start(environment, ...simulated).ended
    expect([code, output.includes('"published"')]).toEqual([0, true])
    // Left to itself the exporter would try for ten seconds.
    expect(performance.now() - began).toBeLessThan(30_000)
    if (there !== null) expect(there.requests()).toBeGreaterThan(0)
  })
})
