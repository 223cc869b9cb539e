import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { RecordBatch } from '../../src/core/record-block.ts'
import { BlockAssembler } from '../../src/log/embedded/block-assembler.ts'
import { crc32, crc32ByTable } from '../../src/log/embedded/crc32.ts'
import { decodeBlock, stampBlock } from '../../src/log/embedded/stored-block.ts'
import { blockOf, plain } from '../conformance/plain-records.ts'

const someText = fc.string({ maxLength: 12 })
const record = fc.record({
  key: someText,
  value: fc.option(someText),
  headers: fc.dictionary(fc.constantFrom('new', 'from'), someText),
})
const records = fc.array(record, { maxLength: 20 })

function recordsOf(batch: RecordBatch): Array<ReturnType<typeof plain>> {
  return Array.from({ length: batch.count }, (_, i) => plain(batch, i))
}

describe('a stored block', () => {
  test('gives back the records that were put in, whole ranges or one by one', () => {
    fc.assert(
      fc.property(records, records, fc.nat({ max: 5 }), fc.nat({ max: 1e12 }), (first, second, gap, base) => {
        const assembler = new BlockAssembler()
        assembler.start(base)
        assembler.addRange(blockOf(...first), 0, first.length, base, 111)
        const from = base + first.length + gap
        const later = blockOf(...second)
        for (let i = 0; i < second.length; i++) assembler.addOne(later, i, from + i, 222)
        const next = from + second.length
        const batch = decodeBlock(assembler.seal(next)) as RecordBatch
        const expected = [
          ...first.map((one, i) => ({ ...one, offset: base + i })),
          ...second.map((one, i) => ({ ...one, offset: from + i })),
        ]
        expect(recordsOf(batch)).toEqual(expected)
        expect(Array.from(batch.appendedAt)).toEqual([...first.map(() => 111), ...second.map(() => 222)])
        expect(batch.nextOffset).toBe(next)
      }),
    )
  })

  test('can be moved to other offsets after it was encoded', () => {
    const assembler = new BlockAssembler()
    assembler.start(0)
    assembler.addRange(blockOf({ key: 'a', value: '1' }, { key: 'b', value: '2' }), 0, 2, 0, 1)
    const bytes = assembler.seal(2)
    stampBlock(bytes, 1_000_000, 1_000_002)
    expect(recordsOf(decodeBlock(bytes) as RecordBatch).map(({ offset }) => offset)).toEqual([1_000_000, 1_000_001])
  })

  test('is refused when a single bit of it is wrong, or its end is missing', () => {
    const assembler = new BlockAssembler()
    assembler.start(7)
    assembler.addRange(blockOf({ key: 'a', value: '1', headers: { x: 'y' } }, { key: 'b', value: null }), 0, 2, 7, 1)
    const bytes = assembler.seal(9)
    expect(decodeBlock(bytes.slice())).not.toBeNull()
    for (let bit = 0; bit < bytes.byteLength * 8; bit++) {
      const damaged = bytes.slice()
      damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7))
      expect(decodeBlock(damaged)).toBeNull()
    }
    for (let length = 0; length < bytes.byteLength; length++) expect(decodeBlock(bytes.slice(0, length))).toBeNull()
  })

  test('has the same checksum where Node has none of its own', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => crc32ByTable(bytes) === crc32(bytes)))
  })
})
