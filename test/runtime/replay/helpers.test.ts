import { describe, expect, test } from 'vitest'
import { systemClock } from '../../../src/core/clock.ts'
import { WindrowError } from '../../../src/core/errors.ts'
import type { Log, LogReader } from '../../../src/log/port.ts'
import { type BuildOrder, jobOf } from '../../../src/runtime/replay/build-order.ts'
import type { BuildHelpers } from '../../../src/runtime/replay/builder.ts'
import { startBuilding } from '../../../src/runtime/replay/building.ts'
import type { Topology } from '../../../src/streams/topology.ts'
import { type MemoryLog, memoryLog } from '../../../src/testing/memory-log.ts'
import { codesOf, currentRows, expectedRows, publisher, replay } from './replay-world.ts'
import { after, before } from './sample-topologies.ts'

const { logger } = codesOf()

/** As another process would help: all that it knows of the replay is what was sent. */
function helper(log: MemoryLog, topologies: readonly Topology[], onOrder: (order: BuildOrder) => void = () => undefined) {
  const seen = { orders: 0, read: 0, stopped: 0 }
  const helpers: BuildHelpers = {
    workers: 8,
    worthRecords: 0,
    start(sent, count) {
      seen.orders += count
      const order = structuredClone(sent)
      onOrder(order)
      const own = log.connect()
      const counted = withReaders(own, (reader) => ({
        async next() {
          const batch = await reader.next()
          seen.read += batch?.count ?? 0
          return batch
        },
      }))
      const options = { log: counted, kv: null, allowedLatenessMinutes: new Map(), clock: systemClock, logger }
      const building = startBuilding(options, jobOf(order, topologies))
      return {
        rethrow: () => undefined,
        async stop(isDone) {
          await (await building).stop(isDone)
          seen.stopped += 1
        },
      }
    },
  }
  return { helpers, seen }
}

function withReaders(log: Log, change: (reader: LogReader) => Partial<LogReader>): Log {
  const reader: Log['reader'] = (...where) => {
    const inner = log.reader(...where)
    const usual: LogReader = {
      get position() {
        return inner.position
      },
      next: (maxBytes) => inner.next(maxBytes),
      whenMore: (signal) => inner.whenMore(signal),
      close: () => inner.close(),
    }
    return where[0].name === 'air.readings'
      ? Object.defineProperties(usual, Object.getOwnPropertyDescriptors(change(inner)))
      : usual
  }
  return Object.create(log, { reader: { value: reader } }) as Log
}

/** Nothing to read until the gate opens. */
function gated(log: Log, isOpen: () => boolean): Log {
  return withReaders(log, (reader) => ({
    next: async (maxBytes) => (isOpen() ? reader.next(maxBytes) : null),
    whenMore: (signal) => (isOpen() ? reader.whenMore(signal) : systemClock.sleep(1, signal)),
  }))
}

describe('a replay with helpers', () => {
  test('gives a part of the partitions to them, and makes the rows that one process makes', async () => {
    const log = memoryLog()
    const { publish } = await publisher(log)
    await publish(800)
    const { helpers, seen } = helper(log, [before])
    const own = gated(log.connect(), () => seen.read > 0)
    const [replayed] = await replay(own, [before], ['means'], { helpers, isRunning: async () => false })
    expect(replayed).toMatchObject({ view: 'means', generation: 2 })
    expect(await currentRows(log, 'means')).toEqual(await expectedRows(log, [before], 'means'))
    expect(seen.read).toBeGreaterThan(0)
    expect(seen.stopped).toBe(1)
  })

  test('has no more of them than there are partitions with something to read, none where that is little, and shares the memory', async () => {
    const log = memoryLog()
    const { publish } = await publisher(log)
    await publish(800)
    const orders: BuildOrder[] = []
    const { helpers, seen } = helper(log, [before], (order) => orders.push(order))
    await replay(log.connect(), [before], ['means'], { helpers: { ...helpers, worthRecords: 800 }, isRunning: async () => false })
    expect(seen.orders).toBe(0)
    await replay(log.connect(), [before], ['means'], { helpers, isRunning: async () => false, memoryBytes: 4_000_000 })
    const workers = seen.orders + 1
    expect(workers).toBeGreaterThan(1)
    expect(workers).toBeLessThanOrEqual(4)
    expect(orders[0]?.memoryBytes).toBe(Math.floor(4_000_000 / workers))
  })

  test('ends with the error of one of them', async () => {
    const log = memoryLog()
    const { publish } = await publisher(log)
    await publish(100)
    let looked = 0
    const helpers: BuildHelpers = {
      workers: 2,
      worthRecords: 0,
      start: () => ({
        rethrow() {
          looked += 1
          throw new WindrowError('WR_SEGMENT_CORRUPT', { message: 'over there', remedy: 'none' })
        },
        stop: async () => undefined,
      }),
    }
    await expect(replay(log, [before], ['means'], { helpers })).rejects.toMatchObject({ message: 'over there' })
    expect(looked).toBe(1)
  })

  test('is not helped by one that has other logic, or none of it', async () => {
    const log = memoryLog()
    const { publish } = await publisher(log)
    await publish(100)
    const codes: unknown[] = []
    const helpers: BuildHelpers = {
      workers: 2,
      worthRecords: 0,
      start(order) {
        for (const known of [[after], []]) {
          try {
            jobOf(structuredClone(order), known)
          } catch (error) {
            codes.push((error as WindrowError).code)
          }
        }
        return { rethrow: () => undefined, stop: async () => undefined }
      },
    }
    await replay(log, [before], ['means'], { helpers, isRunning: async () => false })
    expect(codes).toEqual(['WR_TOPOLOGY_REPLACED', 'WR_TOPOLOGY_REPLACED'])
  })

  test('leaves the rows to them, too, that are built from an instant on only', async () => {
    const log = memoryLog()
    const { publish } = await publisher(log)
    await publish(800)
    await replay(log.connect(), [before], ['means'], { isRunning: async () => false })
    const { helpers, seen } = helper(log, [before])
    const own = gated(log.connect(), () => seen.read > 0)
    const from = Date.parse('2025-01-03T00:00:00Z')
    await replay(own, [before], ['means'], { helpers, from, isRunning: async () => false })
    expect(seen.read).toBeGreaterThan(0)
    expect(await currentRows(log, 'means')).toEqual(await expectedRows(log, [before], 'means'))
  })
})
