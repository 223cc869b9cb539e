import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Admin } from '@platformatic/kafka'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type { WindrowProcess } from '../../../bench/chaos/windrow-process.ts'
import type { Topic } from '../../../src/log/port.ts'
import { viewTopicName } from '../../../src/runtime/live-views.ts'
import type { ReplayStep } from '../../../src/runtime/replay/replay-views.ts'
import { currentRows } from '../../runtime/replay/replay-world.ts'
import { emptyKafka } from '../kafka/empty-kafka.ts'
import { clusterOf, makeTopic } from '../kafka/fetch-kit.ts'
import { type Logic, type ReplaySetting, replaySetting, VIEWS } from './replay-setting.ts'

describe('a replay of two views on Kafka, with schemas in a registry, beside a live runner and a producer', () => {
  const { kafkaBrokers, schemaRegistryUrl } = inject('services')
  let setting: ReplaySetting
  let runner: WindrowProcess

  beforeAll(async () => {
    await emptyKafka(kafkaBrokers.split(','))
    await makeCompactedTopics()
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

  /** Those of the first generations, so that Kafka compacts them as soon as it looks after them. */
  async function makeCompactedTopics(): Promise<void> {
    const cluster = clusterOf(kafkaBrokers)
    const configs = { 'cleanup.policy': 'compact', 'segment.ms': '100', 'min.cleanable.dirty.ratio': '0.01' }
    for (const view of VIEWS) await makeTopic(cluster, { name: viewTopicName(view, 1), partitions: 4, configs })
    await cluster.close()
  }

  async function expectProcessed(): Promise<void> {
    const stores = setting.stores('old')
    await stores.untilProcessed()
    await stores.untilCaughtUp(stores.names)
  }

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
  })

  /** What `--verify` finds, of each view: `store difference key`. */
  async function verify(): Promise<{ readonly ending: string; readonly found: Record<string, readonly string[]> }> {
    const path = join(setting.folder, 'differences.json')
    const process = setting.start('old', ['replay', ...VIEWS, '--verify', '--output', path])
    const ending = await process.ended
    if (!['exit code 0', 'exit code 1', 'exit code 3'].includes(ending)) throw new Error(process.told())
    const differences = JSON.parse(await readFile(path, 'utf8')) as Array<Record<string, string>>
    const of = (view: string): string[] =>
      differences
        .filter((each) => each.view === view)
        .map(
          ({ store, difference, station_id, window_start, day }) => `${store} ${difference} ${station_id} ${window_start ?? day}`,
        )
    return { ending, found: Object.fromEntries(VIEWS.map((view) => [view, [...new Set(of(view))].sort()])) }
  }
  const nothing = { ending: 'exit code 0', found: { shift_means: [], day_means: [] } }

  /** Of the first generation of a view: how many records were written, with the marks of transactions, and how many are there. */
  async function recordsOf(view: string): Promise<{ readonly topicEnd: number; readonly records: number }> {
    const { log } = setting
    const topic = (await log.findTopic(viewTopicName(view, 1))) as Topic
    let [topicEnd, records] = [0, 0]
    for (let partition = 0; partition < topic.partitions; partition++) {
      topicEnd += (await log.bounds(topic, partition)).end
      const reader = log.reader(topic, partition)
      for (let batch = await reader.next(); batch !== null; batch = await reader.next()) records += batch.count
      await reader.close()
    }
    return { topicEnd, records }
  }

  test('leaves nothing that a comparison finds, time and again, while readings and rows go on', async () => {
    const stopPublishing = setting.publisher.keepPublishing(10)
    try {
      // Kafka may compact away what a row was meanwhile: then it is not compared.
      for (let round = 0; round < 5; round++) expect((await verify()).found).toEqual(nothing.found)
    } finally {
      await stopPublishing()
    }
    await expectProcessed()
    expect(await verify()).toEqual(nothing)
  })

  test('and a comparison names exactly what was done to the tables, of topics that Kafka has compacted, beside all that goes on', async () => {
    // The broker looks every 15 s what there is to compact.
    const share = async (): Promise<number> => {
      const { topicEnd, records } = await recordsOf('day_means')
      return records / topicEnd
    }
    await expect.poll(share, { timeout: 90_000, interval: 500, message: 'the others are compacted away' }).toBeLessThan(0.5)
    expect(await verify()).toEqual(nothing)
    const stopPublishing = setting.publisher.keepPublishing(10)
    for (const statement of [
      "UPDATE day_means SET co_mean = co_mean + 1 WHERE station_id = 's1' AND day = '2025-01-03'",
      "DELETE FROM day_means WHERE station_id = 's2' AND day = '2025-01-03'",
      "INSERT INTO day_means SELECT 'nowhere', day, logic, readings, co_mean FROM day_means WHERE station_id = 's5' AND day = '2025-01-03'",
    ])
      await setting.succeed('old', 'sql', '--write', statement)
    const tampered = ['changed s1', 'extra nowhere', 'missing s2'].map((what) => `postgres ${what} 2025-01-03`)
    const amidAll = await verify()
    await stopPublishing()
    expect(amidAll).toEqual({ ending: 'exit code 1', found: { shift_means: [], day_means: tampered } })
    await expectProcessed()
    await setting.succeed('old', 'sql', '--write', 'TRUNCATE shift_means')
    const { found } = await verify()
    const rows = await currentRows(setting.log, 'shift_means')
    expect(found.shift_means).toHaveLength(rows.size)
    expect(found.shift_means?.filter((line) => !line.startsWith('postgres missing'))).toEqual([])
    expect(found.day_means).toEqual(tampered)
  })

  test('and mends exactly that, after which nothing is found', async () => {
    const stopPublishing = setting.publisher.keepPublishing(10)
    await setting.succeed('old', 'replay', ...VIEWS)
    try {
      for (let round = 0; round < 3; round++) expect(await verify()).toEqual(nothing)
    } finally {
      await stopPublishing()
    }
    await expectInLine('old')
    expect(await verify()).toEqual(nothing)
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

  test('finds nothing where nobody runs and readings are left, after a replay of a part and after the way back', async () => {
    await setting.publisher.publish(300)
    await setting.succeed('old', 'replay', ...VIEWS, '--from', '2025-01-20')
    await setting.publisher.publish(300)
    expect(await verify()).toEqual(nothing)
    await setting.succeed('old', 'replay', ...VIEWS, '--rollback')
    expect(await verify()).toEqual(nothing)
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
