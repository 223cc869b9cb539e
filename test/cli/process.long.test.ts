import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { builtInViews } from '../../src/views/index.ts'
import { isBuilt, windrowProcesses } from '../support/windrow-processes.ts'

let folder: string
const processes = windrowProcesses(() => folder)
const windrowWith = processes.start
const windrow = (...words: string[]) => windrowWith({}, ...words)

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'windrow-process-'))
})
afterAll(() => {
  processes.killAll()
  rmSync(folder, { recursive: true, force: true })
})

describe.runIf(isBuilt)('the built program (skipped where dist/ is not built)', { timeout: 60_000 }, () => {
  test('starts everything, answers on the port it prints, works beside other commands, and stops cleanly on SIGTERM', async () => {
    const started = windrow('start', '--days', '1')
    const url = (await started.lineWith('windrow is at')).split(' ').at(-1) as string
    await started.lineWith('published')
    const views = (await (await fetch(`${url}/api/views`)).json()) as { readonly views: readonly unknown[] }
    expect(views.views).toHaveLength(builtInViews.length)
    expect((await fetch(`${url}/`)).headers.get('content-type')).toContain('text/html')
    const counted = await windrow('count', 'weather.readings', '--json').ended
    expect([counted.code, JSON.parse(counted.output)[0].count > 0]).toEqual([0, true])
    started.child.kill('SIGTERM')
    const { code, output } = await started.ended
    expect([code, output.includes('stopping cleanly'), output.includes('WR_')]).toEqual([0, true, false])
  }, 120_000)

  test('ends quietly when the reader of its output goes away', async () => {
    const tail = windrow('tail', 'weather.readings', '--from-start')
    await tail.lineWith('"offset"')
    tail.child.stdout?.destroy()
    const { code, output } = await tail.ended
    expect([code, output.includes('EPIPE'), output.includes('WR_')]).toEqual([0, false, false])
  })

  test('follows a topic until SIGINT', async () => {
    const tail = windrow('tail', 'views.weather_hourly.g1', '--follow', '--from-start', '--max', '100000')
    await tail.lineWith('"key"')
    tail.child.kill('SIGINT')
    expect((await tail.ended).code).toBe(0)
  })

  test('keeps a view of a module of the user, without any change of ours', async () => {
    writeFileSync(
      join(folder, 'soil.csv'),
      'probe_id,timestamp,interval_minutes,time_zone,moisture\np1,2025-01-01T00:00:00Z,60,UTC,20.5\np1,2025-01-01T01:00:00Z,60,UTC,21.5\n',
    )
    const environment = {
      WINDROW_MODULES: fileURLToPath(new URL('../../examples/soil-moisture.js', import.meta.url)),
      WINDROW_DATA_DIR: join(folder, 'soil'),
      WINDROW_LOG_LEVEL: 'error',
    }
    const file = ['--source', 'file', '--format', 'canonical', '--kind', 'soil', '--file', 'soil.csv']
    expect((await windrowWith(environment, 'produce', ...file).ended).code).toBe(0)
    expect((await windrowWith(environment, 'run', '--until-end', '--sinks', 'none').ended).code).toBe(0)
    const { output } = await windrowWith(environment, 'export', 'soil_daily', '--format', 'json').ended
    expect(JSON.parse(output)).toMatchObject([{ probe_id: 'p1', day: '2025-01-01', n: 2, moisture_mean: 21, moisture_min: 20.5 }])
  })
})
