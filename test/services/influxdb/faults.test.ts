import { describe, expect, onTestFinished, test } from 'vitest'
import type { InfluxOptions } from '../../../src/sinks/influxdb/influx-client.ts'
import { type InfluxSinkOptions, influxSink } from '../../../src/sinks/influxdb/influx-sink.ts'
import type { SinkRunner } from '../../../src/sinks/sink-runner.ts'
import type { View } from '../../../src/views/view.ts'
import { conformanceView, drop, put } from '../../conformance/sink-setting.ts'
import { byKey, type Change, PATIENCE_MS, type SinkWorld, sinkWorld } from '../../conformance/sink-world.ts'
import { openTcpProxy } from '../../support/tcp-proxy.ts'
import { readRows } from './read-rows.ts'
import { canStart, testServer } from './server.ts'

/** Shorter than anybody would set it: a test waits for it. */
const TIMEOUT_MS = 700

const view: View = conformanceView

/** Rows of many stations: each revision makes some null and deletes some. */
function changes(revision: number, rows = 4_000): Change[] {
  return Array.from({ length: rows }, (_, i) => {
    const [station, hour] = [`s${i % 40}`, Math.floor(i / 40)]
    if (revision > 0 && (i + revision) % 11 === 0) return drop(station, hour)
    return put(station, hour, i + revision, (i + revision) % 7 === 0 ? null : i / 3)
  })
}

describe.runIf(canStart)('an InfluxDB server that fails, and is there again, has what the log says', () => {
  const services = testServer()

  async function running(options: InfluxSinkOptions): Promise<{ readonly world: SinkWorld; readonly runner: SinkRunner }> {
    const world = await sinkWorld(view)
    const runner = await world.start(influxSink({ settleMs: 200, ...options, timeoutMs: TIMEOUT_MS }), { batchRows: 500 })
    onTestFinished(() => runner.stop())
    return { world, runner }
  }

  const written = async (runner: SinkRunner): Promise<number> =>
    (await runner.statuses()).reduce((sum, { rowsWritten }) => sum + rowsWritten, 0)

  const problems = async (runner: SinkRunner): Promise<(string | null)[]> =>
    (await runner.statuses()).map(({ problem }) => problem?.code ?? null)

  /** In the middle of what is written. */
  const afterSome = async (runner: SinkRunner, rows: number): Promise<void> => {
    const before = await written(runner)
    await expect.poll(() => written(runner), { interval: 2, timeout: PATIENCE_MS }).toBeGreaterThan(before + rows)
  }

  async function isAsTheLogSays(world: SinkWorld, runner: SinkRunner, options: InfluxOptions): Promise<void> {
    await world.caughtUp(runner)
    expect(byKey(view, await readRows(services.client(options), view))).toEqual(world.expected())
  }

  test('after kill -9 in the middle of writing', async () => {
    const options = services.newOptions()
    const { world, runner } = await running(options)
    for (let revision = 0; revision < 3; revision++) {
      await world.write(changes(revision))
      await afterSome(runner, 500)
      await services.server.kill('SIGKILL')
      await expect.poll(() => problems(runner), { timeout: PATIENCE_MS }).toContain('WR_INFLUX_AWAY')
      await services.server.start()
    }
    await isAsTheLogSays(world, runner, options)
  })

  test('after it was stopped for longer than we wait, with requests in its connections', async () => {
    const options = services.newOptions()
    // What was given up is carried out when the server goes on: a slow one is given the second that users give it.
    const { world, runner } = await running({ ...options, settleMs: 1_000 })
    await world.write(changes(0))
    await world.caughtUp(runner)
    for (let revision = 1; revision < 4; revision++) {
      await world.write(changes(revision))
      await afterSome(runner, 200)
      await services.server.kill('SIGSTOP')
      await expect.poll(() => problems(runner), { timeout: PATIENCE_MS }).toEqual(['WR_INFLUX_TIMEOUT', 'WR_INFLUX_TIMEOUT'])
      await services.server.kill('SIGCONT')
    }
    await isAsTheLogSays(world, runner, options)
  })

  test('after connections were cut in the middle of requests and answers', async () => {
    const options = services.newOptions()
    const proxy = await openTcpProxy(Number(new URL(options.url).port))
    onTestFinished(() => proxy.close())
    const { world, runner } = await running({ ...options, url: `http://127.0.0.1:${proxy.port}` })
    for (let revision = 0; revision < 3; revision++) {
      await world.write(changes(revision))
      for (const bytes of [30_000, 1_000, 60_000]) await proxy.cutAfter(bytes)
    }
    await isAsTheLogSays(world, runner, options)
    const retries = (await runner.statuses()).reduce((sum, status) => sum + status.retries, 0)
    expect(retries).toBeGreaterThan(3)
  })

  test('after nothing came through for a while, and the comparison of the whole was interrupted', async () => {
    const options = services.newOptions()
    const proxy = await openTcpProxy(Number(new URL(options.url).port))
    onTestFinished(() => proxy.close())
    const { world, runner } = await running({ ...options, url: `http://127.0.0.1:${proxy.port}` })
    await world.write(changes(0))
    await world.caughtUp(runner)
    await world.makeTopicAnew()
    await world.write(changes(3))
    await proxy.cutAfter(20_000)
    proxy.hold()
    await expect.poll(() => problems(runner), { timeout: PATIENCE_MS }).toContain('WR_INFLUX_TIMEOUT')
    proxy.cut()
    proxy.release()
    await isAsTheLogSays(world, runner, options)
  })

  test('also the rows beside one that it refuses for ever, which goes to dead letters', async () => {
    const options = services.newOptions()
    const { world, runner } = await running(options)
    const odd = { put: ['two\nlines', 0, null, 1, 1, true] } as const
    await world.write([...changes(0, 400), odd, ...changes(1, 400)])
    await world.caughtUp(runner)
    const rows = world.expected().filter(([station]) => station !== 'two\nlines')
    expect(byKey(view, await readRows(services.client(options), view))).toEqual(rows)
    expect(await world.deadLetters()).toEqual([expect.objectContaining({ code: 'WR_ROW_REFUSED' })])
  })

  test('after somebody else wrote a field with another type, as soon as that is deleted', async () => {
    const options = services.newOptions()
    const client = services.client(options)
    const { world, runner } = await running(options)
    await world.write([put('s1', 0, 1, null)])
    await world.caughtUp(runner)
    await client.write([`${view.name},station_id=other mean="warm" ${Date.UTC(2025, 0, 1)}`])
    await world.write(changes(0, 100))
    await expect.poll(() => problems(runner), { timeout: PATIENCE_MS }).toContain('WR_INFLUX_TYPE_CONFLICT')
    const deadLetters = await world.deadLetters()
    await client.remove({ measurement: view.name, tags: [], from: 0, to: Date.UTC(2030, 0, 1) })
    await world.write(changes(1, 100))
    await expect.poll(() => problems(runner), { timeout: PATIENCE_MS }).toEqual([null, null])
    expect(deadLetters).toEqual([])
  })
})
