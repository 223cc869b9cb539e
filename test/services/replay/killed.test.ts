import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { WindrowProcess } from '../../../bench/chaos/windrow-process.ts'
import { randomAt } from '../../../bench/workloads/random.ts'
import type { ReplayStep } from '../../../src/runtime/replay/replay-views.ts'
import { type Logic, type ReplaySetting, replaySetting, VIEWS } from './replay-setting.ts'

const RANDOM_KILLS = 20
/** Two processes a kill, each of which loads all code first: minutes where other tests share the machine. */
const RANDOM_KILLS_MS = 1_200_000
/** The same seed gives the same moments, as parts of how long a replay takes. */
const seed = Number(process.env.TEST_SEED ?? Date.now() % 1_000_000)

describe('a replay beside a live runner and a producer, killed', () => {
  let setting: ReplaySetting
  let runner: WindrowProcess
  /** Of the runner. */
  let logic: Logic = 'old'

  beforeAll(async () => {
    setting = await replaySetting({ settings: {}, stores: ['postgres'] })
    await setting.publisher.publish(3_000)
    runner = setting.start(logic, ['run'])
    await expectInLine()
  })
  afterAll(() => setting?.remove())

  /** The views are what their logic makes of the readings. */
  async function expectRight(): Promise<void> {
    await setting.stores(logic).untilProcessed()
    expect(await setting.wrongViews(logic)).toEqual([])
  }

  /** And the store has them. */
  async function expectInLine(): Promise<void> {
    await expectRight()
    const stores = setting.stores(logic)
    await stores.untilCaughtUp(stores.names)
    expect((await stores.differences()).lines).toEqual([])
  }

  async function runInstead(next: Logic): Promise<void> {
    await setting.stop(runner, next !== logic)
    logic = next
    runner = setting.start(logic, ['run'])
  }

  /** What the views are the next time. */
  const raised = (generations: readonly number[]): number[] => generations.map((generation) => generation + 1)

  const steps: readonly ReplayStep[] = ['planned', 'told', 'caught-up', 'asked', 'standing-still', 'built', 'flipped', 'done']
  test.each(steps)(
    'when it is %s, by other logic, leaves the old views or the new, and the next one finishes the job',
    async (step) => {
      const next = logic === 'old' ? 'new' : 'old'
      const before = await setting.generations()
      const isFlipped = step === 'flipped' || step === 'done'

      const stopPublishing = setting.publisher.keepPublishing(20)
      const died = setting.replayThatDies(next, step)
      expect(await died.ended, died.told()).toBe('SIGKILL')
      expect(await setting.generations()).toEqual(isFlipped ? raised(before) : before)
      await stopPublishing()
      if (isFlipped) await runInstead(next)
      await expectInLine()

      const stopAgain = setting.publisher.keepPublishing(20)
      await setting.succeed(next, 'replay', ...VIEWS)
      expect(await setting.generations()).toEqual(isFlipped ? raised(raised(before)) : raised(before))
      if (!isFlipped) await runInstead(next)
      await stopAgain()
      await expectInLine()
    },
  )

  test(`at ${RANDOM_KILLS} moments by chance (TEST_SEED=${seed}), leaves views that are right, and the next one finishes the job`, {
    timeout: RANDOM_KILLS_MS,
  }, async ({ signal }) => {
    const began = performance.now()
    await setting.succeed(logic, 'replay', ...VIEWS, '--sinks', 'none')
    let wholeMs = performance.now() - began
    let killed = 0
    for (let round = 0; round < RANDOM_KILLS; round++) {
      // One that took too long does not go on beside the next test, and after the log is closed.
      signal.throwIfAborted()
      const before = await setting.generations()
      const stopPublishing = setting.publisher.keepPublishing(20)
      // The runner's sinks follow. One that dies while it compares a table keeps others from comparing it for a minute.
      const dying = setting.start(logic, ['replay', ...VIEWS, '--sinks', 'none'])
      const startedAt = performance.now()
      const endedAt = dying.ended.then(() => performance.now())
      // A process does little at first but load its code.
      await delay(wholeMs * (0.3 + 0.7 * randomAt(round, seed)))
      await dying.kill()
      const ending = await dying.ended
      if (ending === 'SIGKILL') killed += 1
      else {
        expect(ending, dying.told()).toBe('exit code 0')
        // The first one may have shared the machine with more than those that follow.
        wholeMs = (await endedAt) - startedAt
      }

      const left = await setting.generations()
      expect([before, raised(before)]).toContainEqual(left)
      await stopPublishing()
      await (round % 5 === 0 ? expectInLine() : expectRight())

      const stopAgain = setting.publisher.keepPublishing(20)
      await setting.succeed(logic, 'replay', ...VIEWS, '--sinks', 'none')
      await stopAgain()
      expect(await setting.generations()).toEqual(raised(left))
      expect(runner.runs, runner.told()).toBe(true)
    }
    await expectInLine()
    expect(killed).toBeGreaterThan(RANDOM_KILLS / 2)
  })

  test('so often leaves what a run makes of the same readings that was never disturbed, byte for byte', async () => {
    expect(await setting.exports(logic)).toEqual(await setting.exportsOfFreshRun(logic))
    await setting.stop(runner)
  })
})
