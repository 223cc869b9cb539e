import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Finding } from '../../../src/cli/doctor/finding.ts'
import { withConfig } from '../../../src/cli/session.ts'
import { loadConfig } from '../../../src/config/load-config.ts'
import { systemClock } from '../../../src/core/clock.ts'
import type { Log } from '../../../src/log/port.ts'
import { openReplayRecords, type Told } from '../../../src/runtime/replay/replay-record.ts'
import { VIEWS_REPLAYS_TOPIC } from '../../../src/views/views-replays.ts'
import { runCommand } from '../run-command.ts'

const folder = mkdtempSync(join(tmpdir(), 'windrow-at-work-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const environment = { WINDROW_LOG_LEVEL: 'error', WINDROW_SINKS: '' }
const windrow = (...words: string[]) => runCommand(folder, words, environment)
const inLog = (use: (log: Log) => Promise<void>): Promise<void> =>
  withConfig(loadConfig(environment, folder), ({ log }) => use(log))
const warnings = async (): Promise<string[]> =>
  (JSON.parse((await windrow('doctor', '--json')).stdout) as Finding[])
    .filter(({ about, severity }) => about === 'replay' && severity === 'warning')
    .map(({ text, remedy }) => `${text}. ${remedy}`)

beforeAll(async () => {
  const days = ['--from', '2025-03-30', '--to', '2025-03-31', '--seed', '1', '--station', 'sim-paris']
  expect((await windrow('produce', '--source', 'simulator', ...days)).code).toBe(0)
  expect((await windrow('run', '--until-end', '--sinks', 'none')).code).toBe(0)
}, 60_000)

test.each(['--state', '--views', '--all'])(
  'reset %s is refused while a replay is at work, and changes nothing',
  async (extent) => {
    await inLog(async (log) => {
      const replay = await log.exclusiveWriter(VIEWS_REPLAYS_TOPIC)
      const topics = await log.topics()
      expect(await windrow('reset', extent, '--yes')).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('WR_REPLAY_RUNNING:'),
      })
      expect(await log.topics()).toEqual(topics)
      await replay.close()
    })
  },
)

test('compact may run while a replay is at work', async () => {
  await inLog(async (log) => {
    const replay = await log.exclusiveWriter(VIEWS_REPLAYS_TOPIC)
    expect((await windrow('compact')).code).toBe(0)
    await replay.close()
  })
})

test('doctor warns of a replay that failed or was cut short until another one of the view has ended well', async () => {
  expect(await warnings()).toEqual([])
  await inLog(async (log) => {
    const told = (state: Told['state'], view: string, more: Partial<Told>): Told => ({
      ...{ id: view, view, state, generation: 2, topic: `views.${view}.g2`, topicId: 'gone', fingerprint: 'other', from: null },
      ...{
        rollback: false,
        read: 1,
        toRead: 2,
        startedAt: 0,
        error: null,
        errorCode: null,
        remedy: null,
        request: '',
        groups: [],
      },
      ...more,
    })
    const longAgo = { ...systemClock, now: () => systemClock.now() - 60_000 }
    const records = await openReplayRecords(log, longAgo)
    const failed = { error: 'No room.', errorCode: 'WR_DISK_FULL', remedy: 'Make room.' }
    await records.write([told('failed', 'weather_daily', failed), told('building', 'weather_hourly', {})])
    await records.close()
  })
  expect(await warnings()).toEqual([
    expect.stringMatching(
      /^WR_DISK_FULL: The last replay of weather_daily has failed: No room\. Make room\. Then run `windrow replay weather_daily`/,
    ),
    expect.stringMatching(/^WR_REPLAY_CUT_SHORT: The last replay of weather_hourly was cut short/),
  ])
  expect((await windrow('replay', 'weather_daily', '--sinks', 'none')).code).toBe(0)
  expect(await warnings()).toEqual([expect.stringContaining('weather_hourly')])
})

test('reset --views forgets replays too', async () => {
  const reset = await windrow('reset', '--views', '--yes')
  expect([reset.code, reset.stdout]).toEqual([0, expect.stringContaining('deleted views.replays')])
  expect(await warnings()).toEqual([])
  expect((await windrow('run', '--until-end', '--sinks', 'none')).code).toBe(0)
})
