import { Admin } from '@platformatic/kafka'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type { WindrowProcess } from '../../../bench/chaos/windrow-process.ts'
import type { ReplayStep } from '../../../src/runtime/replay/replay-views.ts'
import { emptyKafka } from '../kafka/empty-kafka.ts'
import { type Logic, type ReplaySetting, replaySetting, VIEWS } from './replay-setting.ts'

describe('a replay of two views on Kafka, with schemas in a registry, beside a live runner and a producer', () => {
  const { kafkaBrokers, schemaRegistryUrl } = inject('services')
  let setting: ReplaySetting
  let runner: WindrowProcess

  beforeAll(async () => {
    await emptyKafka(kafkaBrokers.split(','))
    const settings = {
      KAFKA_BROKERS: kafkaBrokers,
      KAFKA_SESSION_TIMEOUT_MS: '6000',
      SCHEMA_REGISTRY_URL: schemaRegistryUrl,
    }
    setting = await replaySetting({ settings, stores: ['postgres'] })
    await setting.publisher.publish(3_000)
    runner = setting.start('old', ['run'])
    await expectInLine('old')
  })
  afterAll(() => setting?.remove())

  async function expectInLine(logic: Logic): Promise<void> {
    const stores = setting.stores(logic)
    await stores.untilProcessed()
    expect(await setting.wrongViews(logic)).toEqual([])
    await stores.untilCaughtUp(stores.names)
    expect((await stores.differences()).lines).toEqual([])
  }

  async function runInstead(logic: Logic): Promise<void> {
    await setting.stop(runner, true)
    runner = setting.start(logic, ['run'])
  }

  const deadly: readonly (readonly [string, ReplayStep])[] = [
    ['while it builds', 'caught-up'],
    ['in the hand-over', 'standing-still'],
  ]
  test.each(deadly)('that is killed %s leaves the old rows, which the runner keeps', async (_, step) => {
    const stopPublishing = setting.publisher.keepPublishing(10)
    const died = setting.replayThatDies('new', step)
    expect(await died.ended, died.told()).toBe('SIGKILL')
    expect(await setting.generations()).toEqual([1, 1])
    await stopPublishing()
    await expectInLine('old')
  })

  test('that goes on with it makes the rows of the other logic current, and the new version goes on from there', async () => {
    const stopPublishing = setting.publisher.keepPublishing(10)
    await setting.succeed('new', 'replay', ...VIEWS)
    expect(await setting.generations()).toEqual([2, 2])
    await runInstead('new')
    await stopPublishing()
    await expectInLine('new')
  })

  test('is taken back by the old version', async () => {
    const stopPublishing = setting.publisher.keepPublishing(10)
    await setting.succeed('old', 'replay', ...VIEWS, '--rollback')
    expect(await setting.generations()).toEqual([1, 1])
    await runInstead('old')
    await stopPublishing()
    await expectInLine('old')
    expect(await setting.exports('old')).toEqual(await setting.exportsOfFreshRun('old'))
    await setting.stop(runner)
  })

  test('that another one took the place of leaves no group and no topic behind, once the brokers know that it has died', async () => {
    const died = setting.replayThatDies('new', 'standing-still')
    expect(await died.ended, died.told()).toBe('SIGKILL')
    expect((await replayGroups()).length).toBeGreaterThan(0)
    await setting.succeed('old', 'replay', ...VIEWS, '--sinks', 'none')
    // Those that were still held then are gone with the next replay at the latest.
    await expect.poll(heldGroups, { timeout: 20_000 }).toEqual([])
    await setting.succeed('old', 'replay', ...VIEWS, '--sinks', 'none')
    expect(await replayGroups()).toEqual([])
    const generations = (await setting.log.topics()).map(({ name }) => name).filter((name) => name.startsWith('views.day_means.'))
    const last = (await setting.generations())[1] as number
    expect(generations.sort()).toEqual([last - 1, last].map((number) => `views.day_means.g${number}`).sort())
  })

  async function replayGroups() {
    const admin = new Admin({ clientId: 'test', bootstrapBrokers: kafkaBrokers.split(',') })
    try {
      return [...(await admin.listGroups()).values()].filter(({ id }) => id.includes('replay.'))
    } finally {
      await admin.close()
    }
  }

  const heldGroups = async () => (await replayGroups()).filter(({ state }) => state !== 'EMPTY')
})
