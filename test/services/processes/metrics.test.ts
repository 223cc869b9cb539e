import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { metricCatalogue } from '../../../src/api/metrics.ts'
import { type Sample, samplesOf, sumOf } from '../../support/prometheus-text.ts'
import { isBuilt, type WindrowProcess, windrowProcesses } from '../../support/windrow-processes.ts'

let folder: string
const processes = windrowProcesses(() => folder)

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'windrow-metrics-'))
})
afterAll(() => {
  processes.killAll()
  rmSync(folder, { recursive: true, force: true })
})

const windrow = (...words: string[]): WindrowProcess => processes.start({ WINDROW_METRICS_PORT: '0' }, ...words)

const urlOf = async (process: WindrowProcess): Promise<string> =>
  /http:\/\/[0-9.:]+/.exec(await process.lineWith('http://127.0.0.1'))?.[0] as string

async function scrape(url: string): Promise<Sample[]> {
  const response = await fetch(`${url}/metrics`)
  expect([response.status, response.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/plain')])
  return samplesOf(await response.text())
}

/** Asks again until the process says so. */
async function until<T>(ask: () => Promise<T>, isIt: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask()
    if (isIt(answer)) return answer
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

const FATES = ['current', 'superseded', 'stale', 'duplicate', 'too_late', 'dead_lettered']
const TOPICS = ['weather.readings', 'energy.readings', 'air.readings']
const paths = ['/health', '/health/live', '/health/ready'] as const

describe.runIf(isBuilt)('four processes on one log (skipped where dist/ is not built)', { timeout: 120_000 }, () => {
  let started: { readonly role: string; readonly process: WindrowProcess; readonly url: string }[] = []
  let [producer, runner, sink, server]: Sample[][] = []

  beforeAll(async () => {
    const producing = windrow('produce', '--source', 'simulator', '--continuous', '--interval', '3600', '--days', '1')
    await producing.lineWith('"published"')
    const running = windrow('run', '--sinks', 'none')
    const sinking = windrow('run', '--no-topologies', '--sinks', 'postgres')
    const serving = windrow('serve')
    const all = [producing, running, sinking, serving]
    const roles = ['produce', 'run', 'run', 'serve']
    started = await Promise.all(all.map(async (process, i) => ({ role: roles[i] as string, process, url: await urlOf(process) })))
    const urls = started.map(({ url }) => url) as [string, string, string, string]
    producer = await scrape(urls[0])
    const published = sumOf(producer, 'windrow_source_published_total')
    expect(published).toBeGreaterThan(100)
    server = await until(
      () => scrape(urls[3]),
      (samples) =>
        sumOf(samples, 'windrow_readings_accepted_total') === published &&
        sumOf(samples, 'windrow_stations') > 0 &&
        sumOf(samples, 'windrow_sink_lag') === 0,
    )
    runner = await until(
      () => scrape(urls[1]),
      (samples) => sumOf(samples, 'windrow_commit_seconds_count') > 0 && sumOf(samples, 'windrow_task_offset_lag') === 0,
    )
    // The server asks the stores now and then: what it said of them may be older than the views.
    const current = sumOf(server, 'windrow_readings', { topic: 'weather.readings', fate: 'current' })
    const hasWritten = (samples: Sample[], view: string): number => sumOf(samples, 'windrow_sink_rows_written_total', { view })
    const lag = (samples: Sample[]): number => sumOf(samples, 'windrow_sink_lag')
    sink = await until(
      () => scrape(urls[2]),
      (samples) =>
        hasWritten(samples, 'weather_hourly') > 0 && hasWritten(samples, 'weather_data') >= current && lag(samples) === 0,
    )
  }, 120_000)

  test('what was published was accepted, and each accepted reading has one fate', () => {
    const published = sumOf(producer as Sample[], 'windrow_source_published_total')
    expect(sumOf(server as Sample[], 'windrow_readings_accepted_total')).toBe(published)
    for (const topic of TOPICS) {
      const fates = FATES.map((fate) => sumOf(server as Sample[], 'windrow_readings', { topic, fate }))
      expect(fates.reduce((sum, count) => sum + count)).toBe(
        sumOf(server as Sample[], 'windrow_readings_accepted_total', { topic }),
      )
    }
  })

  test('the sink has written the rows that the fates leave', () => {
    const current = sumOf(server as Sample[], 'windrow_readings', { topic: 'weather.readings', fate: 'current' })
    expect(sumOf(sink as Sample[], 'windrow_sink_rows_written_total', { view: 'weather_data' })).toBeGreaterThanOrEqual(current)
    expect(sumOf(sink as Sample[], 'windrow_sink_lag')).toBe(0)
  })

  test('the newest reading of a topic is the same wherever somebody knows it', async () => {
    const newest = (samples: readonly Sample[]): number[] =>
      TOPICS.map((topic) => sumOf(samples, 'windrow_topic_last_event_timestamp_seconds', { topic }))
    const known = newest(runner as Sample[])
    expect(Math.min(...known)).toBeGreaterThan(0)
    // The server has it from the stations in Postgres, which it asks now and then while the sink writes them kind by kind.
    const inServer = async (): Promise<number[]> => newest(await scrape(started[3]?.url as string))
    await expect.poll(inServer, { timeout: 60_000, interval: 500 }).toEqual(known)
  })

  test('every process tells what docs/metrics.md says of its role, and nothing else', () => {
    const catalogue = metricCatalogue().filter(({ name }) => name.startsWith('windrow_'))
    for (const [i, samples] of [producer, runner, sink, server].entries()) {
      const role = started[i]?.role as string
      expect(sumOf(samples as Sample[], 'windrow_info', { role, backend: 'embedded' })).toBe(1)
      const own = (samples as Sample[]).filter(({ name }) => name.startsWith('windrow_'))
      const told = new Set(own.map(({ name }) => name.replace(/_(bucket|sum|count)$/, '')))
      const foreign = [...told].filter(
        (name) => !catalogue.some((each) => each.name === name && (each.roles as string[]).includes(role)),
      )
      expect([role, foreign]).toEqual([role, []])
    }
  })

  test('every process answers supervisors, and those without a page nothing else', async () => {
    for (const { role, url } of started) {
      for (const path of paths) expect([role, path, (await fetch(`${url}${path}`)).status]).toEqual([role, path, 200])
      expect((await fetch(`${url}/api/views`)).status).toBe(role === 'serve' ? 200 : 404)
    }
  })

  test('a port that is taken ends the process at once, and says which setting to change', async () => {
    const holder = createServer()
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve))
    const { port } = holder.address() as AddressInfo
    const { code, output } = await windrow('run', '--sinks', 'none', '--metrics-port', String(port)).ended
    holder.close()
    expect(code).toBe(2)
    expect(output).toContain('WR_PORT_TAKEN')
    expect(output).toContain(`The port ${port} of 127.0.0.1 is taken`)
    expect(output).toContain('WINDROW_METRICS_PORT (--metrics-port)')
  })

  test('what ends by itself does not take the port of the settings', async () => {
    const { code, output } = await windrow('produce', '--source', 'simulator', '--days', '0', '--station', 'sim-paris').ended
    expect([code, output.includes('metrics are at')]).toEqual([3, false])
    expect(output).toContain('WR_WRITER_HELD')
  })

  test('they stop cleanly', async () => {
    for (const { process } of started) process.child.kill('SIGTERM')
    const ended = await Promise.all(started.map(({ process }) => process.ended))
    expect(ended.map(({ code }) => code)).toEqual([0, 0, 0, 0])
  })
})
