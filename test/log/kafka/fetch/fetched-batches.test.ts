import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { headersOf, type RecordBatch } from '../../../../src/core/record-block.ts'
import { readFetchAnswer } from '../../../../src/log/kafka/fetch/fetch-answer.ts'
import { FetchedBatches } from '../../../../src/log/kafka/fetch/fetched-batches.ts'
import { codecs } from './codecs.ts'
import {
  type AnswerParts,
  concat,
  encodeAnswer,
  encodeBatch,
  marker,
  type PlainBatch,
  type PlainRecord,
} from './encode-batches.ts'

const text = new TextEncoder()
const EVERYTHING = Number.MAX_SAFE_INTEGER

function record(offset: number, more: Partial<PlainRecord> = {}): PlainRecord {
  return { offset, time: 1_000 + offset, key: text.encode(`k${offset}`), value: text.encode(`v${offset}`), ...more }
}

function batchOf(baseOffset: number, count: number, more: Partial<PlainBatch> = {}): PlainBatch {
  const records = Array.from({ length: count }, (_, i) => record(baseOffset + i))
  return { baseOffset, lastOffset: baseOffset + count - 1, records, ...more }
}

function answerOf(batches: readonly PlainBatch[], more: Partial<AnswerParts> = {}, cut = 0): Uint8Array {
  const records = concat(...batches.map(encodeBatch))
  return encodeAnswer({ records: records.subarray(0, records.byteLength - cut), ...more })
}

function fetched(answer: Uint8Array, from = 0): FetchedBatches {
  const { partition } = readFetchAnswer(answer)
  if (partition === null) throw new Error('no partition in the answer')
  return new FetchedBatches(partition, from)
}

function plainOf(batch: RecordBatch): unknown[] {
  const part = (start: number | undefined, end: number | undefined) =>
    start === undefined || start < 0 ? null : [...batch.bytes.subarray(start, end)]
  return Array.from({ length: batch.count }, (_, i) => ({
    offset: batch.offsets[i],
    time: batch.appendedAt[i],
    key: part(batch.keyStart[i], batch.keyEnd[i]),
    value: part(batch.valueStart[i], batch.valueEnd[i]),
    headers: headersOf(batch, i),
  }))
}

function all(batches: FetchedBatches, maxBytes = EVERYTHING): { records: unknown[]; blocks: RecordBatch[] } {
  const blocks: RecordBatch[] = []
  for (let block = batches.take(maxBytes); block !== null; block = batches.take(maxBytes)) blocks.push(block)
  return { records: blocks.flatMap(plainOf), blocks }
}

function offsetsOf(batches: FetchedBatches): number[] {
  return all(batches).blocks.flatMap((block) => [...block.offsets])
}

describe('the batches of an answer', () => {
  test('are one block over the memory of the answer', () => {
    const batches = fetched(answerOf([batchOf(10, 2), batchOf(12, 3)]), 10)
    const { blocks, records } = all(batches)
    expect(blocks).toHaveLength(1)
    expect(records[4]).toEqual({
      offset: 14,
      time: 1_014,
      key: [...text.encode('k14')],
      value: [...text.encode('v14')],
      headers: {},
    })
    expect(blocks[0]?.nextOffset).toBe(15)
    expect(blocks[0]?.view.byteLength).toBe(blocks[0]?.bytes.byteLength)
  })

  test('begin within a batch where reading begins within it', () => {
    expect(offsetsOf(fetched(answerOf([batchOf(10, 5)]), 13))).toEqual([13, 14])
  })

  test('that end before they are whole come again with the next Fetch', () => {
    const batches = fetched(answerOf([batchOf(0, 2), batchOf(2, 2)], {}, 3))
    expect(offsetsOf(batches)).toEqual([0, 1])
    expect(batches.nextOffset).toBe(2)
    const none = fetched(answerOf([batchOf(7, 2)], {}, 1), 7)
    expect(offsetsOf(none)).toEqual([])
    expect(none.nextOffset).toBe(7)
  })

  test('may have gaps, within and at the end, where records were compacted away', () => {
    const records = [record(3), record(7)]
    const batches = fetched(
      answerOf([
        { baseOffset: 0, lastOffset: 9, records },
        { baseOffset: 10, lastOffset: 12, records: [] },
      ]),
    )
    expect(all(batches).blocks.map(({ offsets, nextOffset }) => [[...offsets], nextOffset])).toEqual([[[3, 7], 13]])
  })

  test('take the time of the log where the topic says so', () => {
    const { blocks } = all(fetched(answerOf([batchOf(0, 2, { logAppendTime: 77_000_000_000_000 })])))
    expect([...(blocks[0]?.appendedAt ?? [])]).toEqual([77_000_000_000_000, 77_000_000_000_000])
  })

  test('know tombstones, null keys and empty texts', () => {
    const records = [
      record(0, { value: null }),
      record(1, { key: null }),
      record(2, { key: new Uint8Array(0), value: new Uint8Array(0) }),
    ]
    expect(all(fetched(answerOf([{ baseOffset: 0, lastOffset: 2, records }]))).records).toMatchObject([
      { key: [107, 48], value: null },
      { key: [], value: [118, 49] },
      { key: [], value: [] },
    ])
  })

  test('hand out textual headers, and leave out what is no text', () => {
    const headers = [
      ['new', text.encode('1')],
      ['__proto__', text.encode('é')],
      ['trace', Uint8Array.of(0xff, 0xfe)],
      ['nothing', null],
    ] as const
    const records = [
      record(0, { headers }),
      record(1),
      record(2, { headers }),
      record(3, { headers: [['b', Uint8Array.of(0xff)]] }),
    ]
    const { records: read } = all(fetched(answerOf([{ baseOffset: 0, lastOffset: 3, records }])))
    const texts = JSON.parse('{"new":"1","__proto__":"é"}')
    expect(read).toMatchObject([{ headers: texts }, { headers: {} }, { headers: texts }, { headers: {} }])
    expect(JSON.stringify((read[0] as { headers: unknown }).headers)).toBe('{"new":"1","__proto__":"é"}')
  })

  test.each(codecs)('are read when compressed by $name', (codec) => {
    const batches = [batchOf(0, 50, { codec }), batchOf(50, 50), batchOf(100, 50, { codec })]
    const { records } = all(fetched(answerOf(batches)))
    expect(records).toEqual(all(fetched(answerOf([batchOf(0, 150)]))).records)
  })

  test('are handed out in blocks of about the size asked for, each with where reading goes on', () => {
    const batches = Array.from({ length: 6 }, (_, i) =>
      batchOf(i * 10, 10, i % 2 === 0 ? { codec: codecs[0] as (typeof codecs)[0] } : {}),
    )
    const { blocks } = all(fetched(answerOf(batches)), 300)
    expect(blocks.map(({ count, nextOffset }) => [count, nextOffset])).toEqual([
      [20, 20],
      [20, 40],
      [20, 60],
    ])
    expect(all(fetched(answerOf(batches)), 1).blocks).toHaveLength(6)
  })

  test('of aborted transactions are left out, those of committed and of none are not', () => {
    const batches = fetched(
      answerOf(
        [
          batchOf(0, 2, { producerId: 1, transactional: true }),
          batchOf(2, 2, { producerId: 2, transactional: true }),
          batchOf(4, 2),
          batchOf(6, 1, { producerId: 1 }),
          marker(7, 1, 'abort'),
          batchOf(8, 2, { producerId: 1, transactional: true }),
          marker(10, 2, 'commit'),
          marker(11, 1, 'commit'),
          batchOf(12, 1, { producerId: 2, transactional: true }),
          marker(13, 2, 'abort'),
        ],
        {
          aborted: [
            { producerId: 2, firstOffset: 12 },
            { producerId: 1, firstOffset: 0 },
          ],
        },
      ),
    )
    expect(offsetsOf(batches)).toEqual([2, 3, 4, 5, 6, 8, 9])
    expect(batches.nextOffset).toBe(14)
  })

  test('that are all aborted still move the position', () => {
    const aborted = [{ producerId: 5, firstOffset: 0 }]
    const batches = fetched(answerOf([batchOf(0, 3, { producerId: 5, transactional: true }), marker(3, 5, 'abort')], { aborted }))
    expect(offsetsOf(batches)).toEqual([])
    expect(batches.nextOffset).toBe(4)
  })

  test('with a wrong checksum are refused', () => {
    const answer = answerOf([batchOf(0, 3)])
    for (const at of [answer.byteLength - 8, answer.byteLength - 60]) {
      const damaged = answer.slice()
      damaged[at] = (damaged[at] as number) ^ 1
      expect(() => fetched(damaged)).toThrow(expect.objectContaining({ code: 'WR_KAFKA_CORRUPT' }))
    }
  })

  test('of a message format before v2 are refused by name', () => {
    for (const magic of [0, 1]) {
      expect(() => fetched(answerOf([batchOf(0, 5, { magic })]))).toThrow(
        expect.objectContaining({ code: 'WR_KAFKA_MESSAGE_FORMAT' }),
      )
    }
    expect(() => fetched(answerOf([batchOf(0, 5, { magic: 9 })]))).toThrow(expect.objectContaining({ code: 'WR_KAFKA_CORRUPT' }))
  })

  test('that unfold into something else are refused', () => {
    for (const { id, name } of codecs) {
      const codec = { id, compress: () => text.encode('this was never compressed, by no means') }
      expect(() => all(fetched(answerOf([batchOf(0, 2, { codec })]))), name).toThrow(
        expect.objectContaining({ code: 'WR_KAFKA_CORRUPT' }),
      )
    }
  })
})

describe('whatever is in a batch', () => {
  const bytes = (max: number) => fc.uint8Array({ maxLength: max })
  const headerName = fc.string({ unit: 'binary', minLength: 0, maxLength: 5 })
  const aRecord = fc.record({
    gap: fc.integer({ min: 0, max: 3 }),
    time: fc.oneof(
      fc.integer({ min: 0, max: 2 ** 31 }),
      fc.constantFrom(1_700_000_000_000, 253_402_300_799_000, -2_000_000_000_000),
    ),
    key: fc.option(bytes(80)),
    value: fc.option(bytes(300)),
    headers: fc.array(fc.tuple(headerName, fc.string({ unit: 'binary', maxLength: 8 })), { maxLength: 3 }),
  })
  const someBatches = fc.array(
    fc.record({
      gap: fc.integer({ min: 0, max: 4 }),
      codec: fc.option(fc.constantFrom(...codecs)),
      records: fc.array(aRecord, { maxLength: 12 }),
      tail: fc.integer({ min: 0, max: 2 }),
    }),
    { minLength: 1, maxLength: 5 },
  )

  test('comes out as it went in, cut into blocks of any size, from any offset', () => {
    fc.assert(
      fc.property(
        someBatches,
        fc.nat(2 ** 33),
        fc.integer({ min: 1, max: 4_000 }),
        fc.nat(30),
        (drawn, start, maxBytes, skip) => {
          const expected: unknown[] = []
          const batches: PlainBatch[] = []
          let offset = start
          for (const { gap, codec, records, tail } of drawn) {
            offset += gap
            const baseOffset = offset
            const plain: PlainRecord[] = []
            for (const { gap: before, time, key, value, headers } of records) {
              offset += before
              const encoded = headers.map(([name, content]) => [name, text.encode(content)] as const)
              plain.push({ offset, time, key, value, headers: encoded })
              const wellFormed = headers.map(([name, content]) => [name, content] as const)
              expected.push({
                offset,
                time,
                key: [...(key ?? [])],
                value: value === null ? null : [...value],
                headers: Object.fromEntries(wellFormed),
              })
              offset++
            }
            offset += tail
            if (offset === baseOffset) offset++
            batches.push({ baseOffset, lastOffset: offset - 1, records: plain, ...(codec === null ? {} : { codec }) })
          }
          const from = start + skip
          const read = fetched(answerOf(batches), from)
          const { records, blocks } = all(read, maxBytes)
          expect(records).toEqual(expected.filter((one) => (one as { offset: number }).offset >= from))
          expect(read.nextOffset).toBe(Math.max(offset, from))
          for (const { offsets, nextOffset } of blocks) expect(nextOffset).toBeGreaterThan(offsets.at(-1) as number)
        },
      ),
      { numRuns: 300 },
    )
  })

  test('never ends in anything but an answer or an error by code, however it is damaged behind its checksum', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 60 }),
        fc.constantFrom(null, ...codecs),
        fc.integer({ min: 0, max: 9 }),
        (noise, codec, count) => {
          const records = Array.from({ length: count }, (_, i) => record(i))
          const compress = codec === null ? (): Uint8Array => noise : (): Uint8Array => codec.compress(noise)
          const batch = { baseOffset: 0, lastOffset: Math.max(0, count - 1), records, codec: { id: codec?.id ?? 0, compress } }
          try {
            all(fetched(answerOf([batch])))
          } catch (error) {
            expect(error).toMatchObject({ code: 'WR_KAFKA_CORRUPT' })
          }
        },
      ),
      { numRuns: 300 },
    )
  })
})
