import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { lakeHealthOf } from '../../../src/cli/lake/stored-lake-health.ts'
import { startPipeline } from '../../../src/cli/pipeline.ts'
import { type Session, withConfig } from '../../../src/cli/session.ts'
import { loadConfig } from '../../../src/config/load-config.ts'
import { systemClock } from '../../../src/core/clock.ts'
import { currentViews } from '../../../src/runtime/live-views.ts'
import { duckdb } from '../../acceptance/duckdb.ts'
import { silentLogger } from '../../sinks/silent-logger.ts'
import { makeTempDirectory, removeDirectory } from '../../sinks/temp-directory.ts'
import { runCommand } from '../run-command.ts'

const environment = { WINDROW_LOG_LEVEL: 'error', WINDROW_PARTITIONS: '2', WINDROW_LAKE_FLUSH_SECONDS: '1', LAKE_URL: 'lake' }
const range = ['--from', '2025-03-01', '--to', '2025-03-02']
const produce = (station: string) =>
  runCommand(folder, ['produce', '--source', 'simulator', ...range, '--station', station], environment)

let folder: string
beforeAll(async () => {
  folder = makeTempDirectory()
  expect(await produce('sim-paris')).toMatchObject({ code: 0 })
})
afterAll(() => removeDirectory(folder))

const inSession = <T>(use: (session: Session) => Promise<T>): Promise<T> => withConfig(loadConfig(environment, folder), use)

/** As `windrow start` has it, without stores. */
const pipelineOf = (session: Session, signal: AbortSignal) =>
  startPipeline({ session, logger: silentLogger, sinks: [], lake: true, sql: null, signal })

const layers = (health: readonly { readonly view: string; readonly state: string; readonly lag: number }[]) =>
  health.map(({ view, state, lag }) => [view, state, lag])

test('what processes readings writes the lake beside it, and whoever only serves tells how far it is', {
  timeout: 60_000,
}, async () => {
  await inSession(async (session) => {
    const served = () => lakeHealthOf(session, systemClock)()
    expect(layers(await served())).toMatchObject([
      ['readings', 'catching_up', expect.any(Number)],
      ['gold', 'running', 0],
    ])
    const { signal } = new AbortController()
    const pipeline = await pipelineOf(session, signal)
    try {
      const silver = `'${join(folder, 'lake')}/silver/weather.readings/**/*.parquet'`
      await expect
        .poll(() => duckdb(`SELECT count(*) > 0 AS has FROM ${silver}`).catch(() => []), { timeout: 20_000 })
        .toEqual([{ has: true }])
      await pipeline.untilEnd(signal)
      const own = (await pipeline.sinkHealth()).filter(({ sink }) => sink === 'lake')
      expect(own).toMatchObject([
        { view: 'readings', lag: 0, problem: null },
        { view: 'gold', lag: 0, problem: null },
      ])
    } finally {
      await pipeline.stop()
    }
    expect((await currentViews(session.log)).size).toBeGreaterThan(0)
    expect(layers(await served())).toEqual([
      ['readings', 'running', 0],
      ['gold', 'running', 0],
    ])
  })
  expect(await produce('sim-lyon')).toMatchObject({ code: 0 })
  await inSession(async (session) => {
    const [readings] = await lakeHealthOf(session, systemClock)()
    expect(readings).toMatchObject({ sink: 'lake', isOwn: false, state: 'catching_up' })
    expect(readings?.lag).toBeGreaterThan(0)
  })
})

test('a lake that cannot be written is told of by both, and delays neither the views nor the end', {
  timeout: 60_000,
}, async () => {
  writeFileSync(join(folder, 'file'), '')
  const config = loadConfig({ ...environment, LAKE_URL: 'file/lake' }, folder)
  await withConfig(config, async (session) => {
    const { signal } = new AbortController()
    const pipeline = await pipelineOf(session, signal)
    const lake = async () => (await pipeline.sinkHealth()).filter(({ sink }) => sink === 'lake')
    const denied = { state: 'waiting', problem: expect.objectContaining({ code: 'WR_LAKE_DENIED' }) }
    await expect.poll(lake, { timeout: 20_000 }).toMatchObject([denied, denied])
    expect(await lakeHealthOf(session, systemClock)()).toMatchObject([denied, denied])
    await pipeline.runner?.untilEnd(signal)
    await pipeline.stop()
  })
  rmSync(join(folder, 'file'))
})
