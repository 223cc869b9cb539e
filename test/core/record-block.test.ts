import fc from 'fast-check'
import { expect, test } from 'vitest'
import { headersOf, keyText, RecordBlockBuilder, type RecordHeaders, valueBytes } from '../../src/core/record-block.ts'

interface Given {
  readonly key: string
  readonly asBytes: boolean
  readonly value: Uint8Array | null
  readonly headers: RecordHeaders | undefined
}

const sameHeaders = { new: '1' }
const anyRecord: fc.Arbitrary<Given> = fc.record({
  key: fc.string({ unit: 'grapheme', maxLength: 100 }),
  asBytes: fc.boolean(),
  value: fc.option(fc.uint8Array({ maxLength: 300 })),
  headers: fc.oneof(
    fc.constant(undefined),
    fc.constant(sameHeaders),
    fc.dictionary(fc.stringMatching(/^[a-z_]{1,8}$/), fc.string(), { maxKeys: 2 }),
  ),
})

test('a block gives back the keys, values, tombstones and headers that were added, and the builder begins anew after it', () => {
  fc.assert(
    fc.property(fc.array(fc.array(anyRecord, { maxLength: 100 }), { maxLength: 3 }), (blocks) => {
      const builder = new RecordBlockBuilder(8)
      for (const records of blocks) {
        for (const { key, asBytes, value, headers } of records) builder.add(asBytes ? Buffer.from(key) : key, value, headers)
        expect(builder.count).toBe(records.length)
        const block = builder.build()
        expect(block.count).toBe(records.length)
        expect(block.bytes.byteLength).toBe(block.view.byteLength)
        records.forEach(({ key, value, headers }, i) => {
          expect(keyText(block, i)).toBe(key)
          expect(valueBytes(block, i)).toEqual(value)
          expect(headersOf(block, i)).toEqual(headers ?? {})
        })
      }
    }),
  )
})
