import { expect, test } from 'vitest'
import { airReadings } from '../../src/events/air.ts'
import { Dictionaries } from '../../src/events/dictionaries.ts'
import { ROW_PAYLOAD } from '../../src/events/reading-batch.ts'
import type { PartitionLease } from '../../src/log/port.ts'
import { Segment } from '../../src/runtime/segment.ts'
import { openSegmentDisk, type SegmentDisk } from '../../src/runtime/segment-disk.ts'
import { STATES } from '../../src/runtime/state-files.ts'
import { memoryKv } from '../../src/testing/memory-kv.ts'
import { memoryLog } from '../../src/testing/memory-log.ts'

const text = new TextDecoder()
const utf8 = new TextEncoder()

test('a state in a format of before is cleared, so that it is read from the log again', async () => {
  const kv = memoryKv()
  const log = memoryLog()
  const topic = await log.ensureTopic({ name: 'air', partitions: 1, cleanup: 'keep' })
  const lease = { group: 'g', topic, partition: 0 } as PartitionLease
  const open = (): Promise<SegmentDisk> =>
    openSegmentDisk({
      ...{ kv, lease, event: airReadings, dictionaries: new Dictionaries(), width: ROW_PAYLOAD + airReadings.payload.length },
      ...{ committed: 10, discard: false, allowedLatenessMs: Number.POSITIVE_INFINITY, asOf: undefined },
    })
  const keys = (): Uint8Array[] => kv.keys({ start: utf8.encode(STATES), end: utf8.encode(`${STATES}~`), limit: 100 })
  const disk = await open()
  const segment = new Segment(0, 1, ROW_PAYLOAD + airReadings.payload.length, new Float64Array(0), 0, 5)
  await disk.checkpoint(5, [{ key: 'a', subKey: '', segment }], new Map())
  expect((await open()).offset).toBe(5)
  const before = keys().length

  const isHead = (value: string): boolean => value.startsWith('{"identity":"[2,')
  const head = keys().find((key) => isHead(text.decode(kv.get(key)))) as Uint8Array
  const older = text.decode(kv.get(head)).replace('"[2,', '"[1,')
  await kv.batch([{ key: head, value: utf8.encode(older) }])
  expect((await open()).offset).toBe(0)
  // The head and the segment are gone; who owns it is all that is left.
  expect(keys().length).toBe(before - 2)
})
