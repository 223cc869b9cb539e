import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { WindrowError } from '../../../src/core/errors.ts'
import { openLmdbStore } from '../../../src/kv/lmdb-store.ts'
import type { KeyValueStore } from '../../../src/kv/port.ts'
import { openEmbeddedLog } from '../../../src/log/embedded/embedded-log.ts'
import { readLatest } from '../../../src/log/latest-records.ts'
import type { Log } from '../../../src/log/port.ts'
import { currentViews } from '../../../src/runtime/live-views.ts'
import { airHourly } from '../../../src/streams/topologies/air.ts'
import { viewsReplays } from '../../../src/views/views-replays.ts'
import { currentRows, expectedRows, publisher, replay, startTopologies } from './replay-world.ts'

const never = new AbortController().signal
const folder = mkdtempSync(join(tmpdir(), 'windrow-full-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A disk that has room for so many bytes of blocks more, which what is deleted gives back. */
function disk(kv: KeyValueStore) {
  const sizes = new Map<string, number>()
  let used = 0
  let limit = Number.POSITIVE_INFINITY
  const full = (): WindrowError => new WindrowError('WR_DISK_FULL', { message: 'No room', remedy: 'Make room.', canRetry: true })
  const batch: KeyValueStore['batch'] = async (changes, conditions) => {
    const growth = changes.reduce(
      (sum, { key, value }) => sum + (value?.byteLength ?? 0) - (sizes.get(Buffer.from(key).toString('latin1')) ?? 0),
      0,
    )
    if (growth > 0 && used + growth > limit) throw full()
    const isApplied = await kv.batch(changes, conditions)
    if (!isApplied) return false
    used += growth
    for (const { key, value } of changes) sizes.set(Buffer.from(key).toString('latin1'), value?.byteLength ?? 0)
    return true
  }
  const limited = new Proxy(kv, {
    get: (target, name) => {
      if (name === 'batch') return batch
      const member = Reflect.get(target, name) as unknown
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
  return {
    kv: limited,
    leave: (bytes: number) => {
      limit = used + bytes
    },
  }
}

test('a replay that fills the disk ends with that, gives back the room, and another finishes when there is enough', async () => {
  const { kv, leave } = disk(await openLmdbStore({ path: folder }))
  const log: Log = await openEmbeddedLog({ kv })
  const { publish, keepPublishing } = await publisher(log)
  await publish(3_000)
  const before = await startTopologies(log, [airHourly])
  await before.untilEnd(never)
  // What it still writes beside (its state, put together anew) would take the room at any moment.
  await before.stop()
  // The rows of the live view take more than that.
  leave(60_000)
  const again = (): Promise<unknown> => replay(log, [airHourly], ['air_hourly'])
  await expect(again()).rejects.toMatchObject({ code: 'WR_DISK_FULL' })
  expect((await readLatest(log, viewsReplays)).get('air_hourly')).toMatchObject({ state: 'failed', errorCode: 'WR_DISK_FULL' })
  expect((await log.topics()).map(({ name }) => name)).not.toContain('views.air_hourly.g2')

  await publish(20)
  const runner = await startTopologies(log, [airHourly])
  await runner.untilEnd(never)
  expect(runner.status().failures).toEqual([])
  expect(await currentRows(log, 'air_hourly')).toEqual(await expectedRows(log, [airHourly], 'air_hourly'))

  leave(Number.POSITIVE_INFINITY)
  const stopPublishing = keepPublishing()
  await again()
  await stopPublishing()
  await runner.untilEnd(never)
  expect((await currentViews(log)).get('air_hourly')).toMatchObject({ generation: 2 })
  expect(await currentRows(log, 'air_hourly')).toEqual(await expectedRows(log, [airHourly], 'air_hourly'))
  await runner.stop()
  await log.close()
  await kv.close()
})
