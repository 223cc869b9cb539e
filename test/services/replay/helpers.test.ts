import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { WindrowProcess } from '../../../bench/chaos/windrow-process.ts'
import { type ReplaySetting, replaySetting } from './replay-setting.ts'

const READINGS = 120_000

describe('a replay that another process helps with', () => {
  let setting: ReplaySetting

  beforeAll(async () => {
    setting = await replaySetting({ settings: {}, stores: [] })
    for (let published = 0; published < READINGS; published += 10_000) await setting.publisher.publish(10_000)
    await setting.succeed('old', 'run', '--until-end', '--sinks', 'none')
  })
  afterAll(() => setting?.remove())

  /** Waits until the replay tells that it is helped, and by whom. */
  async function helperOf(replay: WindrowProcess): Promise<number> {
    for (;;) {
      const found = /"helper":(\d+),"msg":"a process helps/.exec(replay.told())
      if (found !== null) return Number(found[1])
      if (!replay.runs) throw new Error(`it ended without help; it told:\n${replay.told()}`)
      await delay(20)
    }
  }

  async function untilGone(pid: number): Promise<void> {
    while (isThere(pid)) await delay(20)
  }

  test('makes the rows that one process makes, and leaves no process behind', async () => {
    const before = await setting.exports('old')
    const { replay, hurry } = setting.slowReplay()
    const helper = await helperOf(replay)
    await hurry()
    expect(await replay.ended, replay.told()).toBe('exit code 0')
    expect(isThere(helper)).toBe(false)
    expect(await setting.exports('old')).toEqual(before)
    expect(await setting.generations()).toEqual([2, 2])
  })

  test('takes its helper along when it is killed, and the next one goes on', async () => {
    const { replay } = setting.slowReplay()
    const helper = await helperOf(replay)
    await replay.kill()
    await untilGone(helper)
    expect(await setting.generations()).toEqual([2, 2])
    await setting.succeed('old', 'replay', 'shift_means', 'day_means', '--sinks', 'none')
    expect(await setting.generations()).toEqual([3, 3])
    expect(await setting.wrongViews('old')).toEqual([])
  })

  test('takes it along, too, when it is asked to stop', async () => {
    const { replay, hurry } = setting.slowReplay()
    const helper = await helperOf(replay)
    replay.signal('SIGTERM')
    await hurry()
    expect(await replay.ended, replay.told()).toBe('exit code 3')
    expect(isThere(helper)).toBe(false)
    expect(await setting.generations()).toEqual([3, 3])
    // It may have been asked so late that all is built: what comes next begins anew.
    await setting.succeed('old', 'replay', 'shift_means', 'day_means', '--sinks', 'none')
    expect(await setting.generations()).toEqual([4, 4])
  })

  test('goes on alone when the helper is killed', async () => {
    const { replay, hurry } = setting.slowReplay()
    process.kill(await helperOf(replay), 'SIGKILL')
    await hurry()
    expect(await replay.ended, replay.told()).toBe('exit code 0')
    expect(replay.told()).toContain('the others go on: it has ended (SIGKILL)')
    expect(await setting.generations()).toEqual([5, 5])
    expect(await setting.wrongViews('old')).toEqual([])
  })

  test('fails with what failed in the helper, its code and its remedy', async () => {
    const before = await setting.generations()
    const { replay } = setting.slowReplay({ TEST_HELPER_CODE: 'WR_ROW_CELL', TEST_HELPER_REMEDY: 'Look over there.' })
    const helper = await helperOf(replay)
    expect(await replay.ended, replay.told()).toBe('exit code 3')
    expect(replay.told()).toMatch(/WR_ROW_CELL: It failed over there\.[\s\S]*Look over there\./)
    expect(isThere(helper)).toBe(false)
    expect(await setting.generations()).toEqual(before)
  })
})

/** A process that has ended and nobody has asked about yet is not there. */
function isThere(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return false
  }
}
