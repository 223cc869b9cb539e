import { expect, test } from 'vitest'
import type { StreamBatch } from '../../../src/api/ports.ts'
import { streamView } from '../../../src/cli/api/stream-view.ts'
import { RecordBlockBuilder } from '../../../src/core/record-block.ts'
import type { Topic } from '../../../src/log/port.ts'
import { manualClock } from '../../../src/testing/manual-clock.ts'
import { memoryLog } from '../../../src/testing/memory-log.ts'
import { rowEncoder } from '../../../src/views/row-encoder.ts'
import { canonicalKey } from '../../../src/views/row-key.ts'
import { rowSchema } from '../../../src/views/row-schema.ts'
import { defineView, double, text } from '../../../src/views/view.ts'

const view = defineView({
  name: 'levels',
  doc: 'A level by station.',
  key: { stationId: text('Station.') },
  values: { level: double('m', 'Level.') },
  stores: ['postgres'],
})

async function fixture() {
  const log = memoryLog()
  const topic = await log.ensureTopic({ name: 'views.levels.g1', partitions: 2, cleanup: 'compact' })
  const encoder = rowEncoder(view, await log.registry.register('views.levels-value', rowSchema(view)))
  let current: Topic | null = topic
  const put = async (partition: number, station: string, level: number | null): Promise<void> => {
    const builder = new RecordBlockBuilder()
    builder.add(canonicalKey(view, [station]), level === null ? null : encoder.encode([station, level]).slice())
    await log.append([{ topic: current as Topic, partition, block: builder.build() }])
  }
  const stop = new AbortController()
  const stream = (after: string | null) =>
    streamView({ log, clock: manualClock(), topicOfView: async () => current }, { view, after, signal: stop.signal })[
      Symbol.asyncIterator
    ]()
  return { log, topic, put, stop, stream, become: (next: Topic | null) => (current = next) }
}

const next = async (stream: AsyncIterator<StreamBatch>): Promise<StreamBatch> => (await stream.next()).value as StreamBatch

/** The log in memory needs no timers: after a turn of the event loop, whoever reads it waits for more. */
const untilItWaits = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('a stream begins now, and gives the latest state of each row of a commit', async () => {
  const { put, stop, stream } = await fixture()
  await put(0, 'before', 1)
  const changes = stream(null)
  const first = next(changes)
  await untilItWaits()
  await put(1, 'roof', 2.5)
  expect(await first).toMatchObject({ type: 'rows', rows: [{ key: ['roof'], cells: ['roof', 2.5] }] })
  const second = next(changes)
  await untilItWaits()
  await put(1, 'roof', null)
  expect(await second).toMatchObject({ type: 'rows', rows: [{ key: ['roof'], cells: null }] })
  stop.abort()
  expect((await changes.next()).done).toBe(true)
})

test('a stream goes on from the position of its last batch, and misses nothing', async () => {
  const { put, stream } = await fixture()
  const changes = stream(null)
  const first = next(changes)
  await untilItWaits()
  await put(0, 'a', 1)
  const { position } = await first
  await put(1, 'b', 2)
  await put(0, 'c', 3)
  const again = stream(position)
  const rows = [await next(again), await next(again)].flatMap((batch) => (batch.type === 'rows' ? batch.rows : []))
  expect(rows.map(({ key }) => key[0]).sort()).toEqual(['b', 'c'])
})

test('a position of another topic, or one that is no longer there, gives a reset first', async () => {
  const { log, put, stream, become } = await fixture()
  await put(0, 'a', 1)
  const other = await log.ensureTopic({ name: 'views.levels.g2', partitions: 2, cleanup: 'compact' })
  const changes = stream(null)
  const first = next(changes)
  await untilItWaits()
  await put(0, 'b', 2)
  const { position } = await first
  become(other)
  for (const after of [position, 'nonsense', '']) {
    const again = stream(after)
    expect(await next(again)).toMatchObject({ type: 'reset' })
    const following = next(again)
    await untilItWaits()
    await put(0, 'c', 3)
    expect(await following).toMatchObject({ type: 'rows', rows: [{ key: ['c'] }] })
  }
})
