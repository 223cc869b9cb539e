import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CursorDay } from '../../src/producers/cursor-day.ts'
import type { Published } from '../../src/producers/revision-rules.ts'

const hash = fc.bigInt(0n, 2n ** 64n - 1n)
const entry: fc.Arbitrary<readonly [string, number, Published]> = fc.tuple(
  fc.constantFrom('weather', 'energy/consumption', 'energy/production/SOLAR', 'é'),
  fc.nat(86_399_999),
  fc.record({
    hash,
    revisedAt: fc.option(fc.integer({ min: -2_208_988_800_000, max: 253_402_300_799_999 })),
    byProducer: fc.boolean(),
    previous: fc.array(hash, { maxLength: 8 }),
  }),
)

describe('a day of a cursor', () => {
  test('gives back what was set last, also after it was written and read', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 60 }), (entries) => {
        const day = new CursorDay()
        const expected = new Map<string, readonly [string, number, Published]>()
        for (const [series, time, published] of entries) {
          day.set(series, time, published)
          expected.set(`${series} ${time}`, [series, time, published])
        }
        for (const each of [day, CursorDay.decode(day.encode())]) {
          for (const [series, time, published] of expected.values()) expect(each.find(series, time)).toEqual(published)
          expect(each.find('weather', 86_400_000)).toBe(null)
          expect(each.find('air', 0)).toBe(null)
        }
      }),
    )
  })

  test('takes about 12 bytes a reading', () => {
    const day = new CursorDay()
    for (let quarter = 0; quarter < 96; quarter++) {
      day.set('weather', quarter * 900_000, {
        hash: 0xffff_ffff_ffffn + BigInt(quarter),
        revisedAt: null,
        byProducer: false,
        previous: [],
      })
    }
    expect(day.encode().byteLength).toBeLessThan(96 * 12.5 + 12)
  })

  test('of another version, or cut off, or with something behind it is refused', () => {
    const day = new CursorDay()
    day.set('weather', 5, { hash: 1n, revisedAt: 6, byProducer: true, previous: [2n] })
    const bytes = day.encode()
    const broken: Uint8Array[] = [Uint8Array.of(2, 0), new Uint8Array(0), Uint8Array.of(...bytes, 0)]
    for (let end = 1; end < bytes.byteLength; end++) broken.push(bytes.subarray(0, end))
    for (const each of broken) {
      expect(() => CursorDay.decode(each)).toThrow(expect.objectContaining({ code: 'WR_CURSOR_UNREADABLE' }))
    }
  })
})
