import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RecordBlockBuilder } from '../../../src/core/record-block.ts'
import { encodeBatch } from '../../../src/log/kafka/encode-batch.ts'
import type { PartitionAnswer } from '../../../src/log/kafka/fetch/fetch-answer.ts'
import { FetchedBatches } from '../../../src/log/kafka/fetch/fetched-batches.ts'
import { plain } from '../../conformance/plain-records.ts'

const types = ['none', 'gzip', 'snappy', 'lz4'] as const
const producer = { producerId: 7n, epoch: 1, sequence: 0, transactional: false }
const text = new TextEncoder()

function encoded(records: ReadonlyArray<readonly [string, string | null]>, type: (typeof types)[number]): Buffer {
  const builder = new RecordBlockBuilder()
  for (const [key, value] of records) builder.add(key, value === null ? null : text.encode(value), { origin: 'test' })
  const block = builder.build()
  return encodeBatch([{ block, from: 0, to: block.count }], producer, 1_000, { type, level: null })
}

function answerOf(bytes: Uint8Array): PartitionAnswer {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const all = { bytes, view, recordsStart: 0, recordsEnd: bytes.byteLength }
  return { errorCode: 0, lastStableOffset: 0, logStartOffset: 0, aborted: [], ...all }
}

describe.each(types)('a record batch that is compressed with %s', (type) => {
  test('is read as it was written', () => {
    const record = fc.tuple(fc.string({ unit: 'grapheme', maxLength: 20 }), fc.option(fc.string({ maxLength: 300 })))
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 50 }), (records) => {
        const batch = new FetchedBatches(answerOf(encoded(records, type)), 0).take(1 << 30)
        const read = Array.from({ length: batch?.count ?? 0 }, (_, i) => plain(batch as NonNullable<typeof batch>, i))
        expect(read.map(({ key, value }) => [key, value])).toEqual(records)
        expect(read.every(({ headers }) => headers?.origin === 'test')).toBe(true)
      }),
      { numRuns: 50 },
    )
  })
})

test('a batch that compression makes no smaller is sent as it is', () => {
  for (const type of types) expect(encoded([['k', 'v']], type)).toEqual(encoded([['k', 'v']], 'none'))
  const many = Array.from({ length: 100 }, (_, i) => [`key-${i}`, 'the same value'] as const)
  for (const type of ['gzip', 'snappy', 'lz4'] as const) {
    expect(encoded(many, type).byteLength).toBeLessThan(encoded(many, 'none').byteLength / 2)
  }
})
