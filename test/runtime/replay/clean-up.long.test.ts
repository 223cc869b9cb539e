import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { openLmdbStore } from '../../../src/kv/lmdb-store.ts'
import type { KeyValueStore } from '../../../src/kv/port.ts'
import { openEmbeddedLog } from '../../../src/log/embedded/embedded-log.ts'
import { endsOf } from '../../../src/log/ends-of.ts'
import { readLatest } from '../../../src/log/latest-records.ts'
import type { Log, Topic } from '../../../src/log/port.ts'
import { currentViews } from '../../../src/runtime/live-views.ts'
import type { ReplayOptions, ReplayStep } from '../../../src/runtime/replay/replay-views.ts'
import { airHourly } from '../../../src/streams/topologies/air.ts'
import type { Topology } from '../../../src/streams/topology.ts'
import { memoryKv } from '../../../src/testing/memory-kv.ts'
import { memoryLog } from '../../../src/testing/memory-log.ts'
import { viewsReplays } from '../../../src/views/views-replays.ts'
import { currentRows, expectedRows, publisher, replay, rowsOfTopic, startTopologies } from './replay-world.ts'
import { after, before } from './sample-topologies.ts'

const never = new AbortController().signal
const both = [before, airHourly]
const nobody = { isRunning: async () => false }

/** A log that several processes share, and the local state of this machine. */
interface World {
  readonly log: Log
  readonly kv: KeyValueStore
}

type NamedWorld = readonly [string, () => Promise<World>]

const folder = mkdtempSync(join(tmpdir(), 'windrow-clean-up-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const worlds: readonly [NamedWorld, NamedWorld] = [
  ['in memory', async () => ({ log: memoryLog(), kv: memoryKv() })],
  [
    'embedded',
    async () => {
      const store = async (): Promise<KeyValueStore> => openLmdbStore({ path: mkdtempSync(join(folder, 'kv-')) })
      return { log: await openEmbeddedLog({ kv: await store() }), kv: await store() }
    },
  ],
]

/** A replay that is over when it reaches the step: ended, or by an error that no other try can pass. */
async function cutShort(
  { log, kv }: World,
  topologies: readonly Topology[],
  views: readonly string[],
  how: { readonly at: ReplayStep; readonly by: 'signal' | 'error' } & Partial<ReplayOptions>,
): Promise<string> {
  const { at, by, ...options } = how
  const ending = new AbortController()
  let id = ''
  const ended = replay(log, topologies, views, {
    ...nobody,
    kv,
    signal: ending.signal,
    onBegun: (begun) => {
      id = begun.id
    },
    onProgress: ({ step }) => {
      if (step !== at) return
      if (by === 'error') throw new Error('no more')
      ending.abort(new Error('that is all'))
    },
    ...options,
  })
  await expect(ended).rejects.toThrow()
  return id
}

const viewTopics = async (log: Log): Promise<string[]> =>
  (await log.topics())
    .map(({ name }) => name)
    .filter((name) => /^views\..*\.g\d+$/.test(name))
    .sort()

async function progressOf(log: Log, id: string): Promise<number> {
  return (await log.groupProgress(`replay.${id}.air.readings`, (await log.findTopic('air.readings')) as Topic)).length
}

/** Ids of the replays of which there is local state. */
function stateIds(kv: KeyValueStore): string[] {
  const keys = kv.keys({ start: Buffer.from('state/'), end: Buffer.from('state0'), limit: 100_000 })
  return [...new Set(keys.map((key) => /^state\/replay\.([0-9a-f-]+)\./.exec(Buffer.from(key).toString('latin1'))?.[1]))].flatMap(
    (id) => id ?? [],
  )
}

async function world(open: () => Promise<World>, topologies: readonly Topology[] = both): Promise<World> {
  const opened = await open()
  await (await publisher(opened.log)).publish(2_200)
  const runner = await startTopologies(opened.log, topologies)
  await runner.untilEnd(never)
  await runner.stop()
  return opened
}

describe('a replay leaves nothing behind', () => {
  const open = worlds[0][1]

  test.each(worlds)('%s, when it was cut short and another one of the view takes its place', async (_, open) => {
    const at = await world(open)
    const id = await cutShort(at, [before], ['means'], { at: 'standing-still', by: 'signal' })
    expect([await progressOf(at.log, id), stateIds(at.kv)]).toEqual([expect.any(Number), [id]])
    expect(await progressOf(at.log, id)).toBeGreaterThan(0)
    await replay(at.log, [after], ['means'], { ...nobody, kv: at.kv })
    expect([await progressOf(at.log, id), stateIds(at.kv)]).toEqual([0, []])
    expect(await viewTopics(at.log)).toEqual(['views.air_hourly.g1', 'views.means.g1', 'views.means.g2'])
    expect(await currentRows(at.log, 'means')).toEqual(await expectedRows(at.log, [after], 'means'))
  })

  test('when it fails for good', async () => {
    const at = await world(open)
    const id = await cutShort(at, both, ['means', 'air_hourly'], { at: 'built', by: 'error' })
    expect([await progressOf(at.log, id), stateIds(at.kv)]).toEqual([0, []])
    expect(await viewTopics(at.log)).toEqual(['views.air_hourly.g1', 'views.means.g1'])
    expect((await readLatest(at.log, viewsReplays)).get('means')).toMatchObject({ state: 'failed', error: 'no more', groups: [] })
  })

  test('nor when it was of a new view, or a way back takes its place', async () => {
    const at = await world(open, [airHourly])
    await cutShort(at, both, ['means'], { at: 'built', by: 'error' })
    expect(await viewTopics(at.log)).toEqual(['views.air_hourly.g1'])
    await replay(at.log, [airHourly], ['air_hourly'], { ...nobody, kv: at.kv })
    const id = await cutShort(at, both, ['air_hourly'], { at: 'standing-still', by: 'signal' })
    expect(await viewTopics(at.log)).toContain('views.air_hourly.g3')
    await replay(at.log, [airHourly], ['air_hourly'], { ...nobody, kv: at.kv, rollback: true })
    expect(await viewTopics(at.log)).toEqual(['views.air_hourly.g1', 'views.air_hourly.g2'])
    expect([await progressOf(at.log, id), stateIds(at.kv)]).toEqual([0, []])
  })

  test('and one that somebody may still go on with keeps what it has', async () => {
    const at = await world(open)
    const id = await cutShort(at, both, ['means', 'air_hourly'], { at: 'standing-still', by: 'signal' })
    const had = await progressOf(at.log, id)
    await replay(at.log, both, ['means'], { ...nobody, kv: at.kv })
    expect([await progressOf(at.log, id), stateIds(at.kv)]).toEqual([had, [id]])
    let resumed = false
    await replay(at.log, both, ['air_hourly'], {
      ...nobody,
      kv: at.kv,
      onBegun: (begun) => {
        resumed = begun.resumed && begun.id === id
      },
    })
    expect(resumed).toBe(true)
    expect([await progressOf(at.log, id), stateIds(at.kv)]).toEqual([0, []])
    expect(await viewTopics(at.log)).toEqual(
      ['means', 'air_hourly'].flatMap((view) => [1, 2].map((n) => `views.${view}.g${n}`)).sort(),
    )
    for (const topology of both)
      expect(await currentRows(at.log, topology.view.name)).toEqual(await expectedRows(at.log, [topology], topology.view.name))
  })

  test('whatever was made by other logic, or of which nobody knows any more how far it was', async () => {
    const at = await world(open)
    await cutShort(at, [before], ['means'], { at: 'standing-still', by: 'signal' })
    const half = await at.log.findTopic('views.means.g2')
    const second = await cutShort(at, [after], ['means'], { at: 'standing-still', by: 'signal' })
    const other = await at.log.findTopic('views.means.g2')
    expect(other?.id).not.toBe(half?.id)
    await at.log.resetGroup(`replay.${second}.air.readings`, (await at.log.findTopic('air.readings')) as Topic)
    await replay(at.log, [after], ['means'], { ...nobody, kv: at.kv, onBegun: ({ resumed }) => expect(resumed).toBe(false) })
    expect((await currentViews(at.log)).get('means')).toMatchObject({ generation: 2 })
    expect((await at.log.findTopic('views.means.g2'))?.id).not.toBe(other?.id)
    expect(await rowsOfTopic(at.log, 'views.means.g2')).toEqual(await expectedRows(at.log, [after], 'means'))
  })
})

test.each(worlds)('%s, compacting all topics at every step changes nothing about a replay', async (_, open) => {
  const at = await world(open)
  const runner = await startTopologies(at.log, both)
  const seen = new Set<ReplayStep>()
  await replay(at.log, both, ['means', 'air_hourly'], {
    kv: at.kv,
    onProgress: async ({ step }) => {
      if (seen.has(step)) return
      seen.add(step)
      for (const topic of await at.log.topics()) if (topic.cleanup === 'compact') await at.log.compact(topic)
    },
  })
  await (await publisher(at.log)).publish(50)
  await runner.untilEnd(never)
  for (const topology of both)
    expect(await currentRows(at.log, topology.view.name)).toEqual(await expectedRows(at.log, [topology], topology.view.name))
  await runner.stop()
})

test('a way back that was cut short and given up leaves how far its rows are, where the next one begins', async () => {
  const at = await world(worlds[0][1])
  await replay(at.log, both, ['means'], { ...nobody, kv: at.kv })
  const back = async () => (await currentViews(at.log)).get('means')?.previous?.inputs[0]?.offsets
  const before = await back()
  const runner = await startTopologies(at.log, both)
  await (await publisher(at.log)).publish(2_200)
  await runner.untilEnd(never)
  await runner.stop()
  await cutShort(at, both, ['means'], { at: 'standing-still', by: 'error', rollback: true })
  const after = await back()
  expect(after).not.toEqual(before)
  const ends = await endsOf(at.log, (await at.log.findTopic('air.readings')) as Topic)
  expect(after).toEqual(ends)
  await replay(at.log, both, ['means'], { ...nobody, kv: at.kv, rollback: true })
  expect(await currentRows(at.log, 'means')).toEqual(await expectedRows(at.log, [both[0] as Topology], 'means'))
})
