import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sortKey } from '../../../src/cli/export/sort-key.ts'
import { type Cell, count, defineView, flag, instant, localDay, requiredDouble, text } from '../../../src/views/view.ts'

const view = defineView({
  name: 'sorted',
  doc: 'A view with a key column of every type.',
  key: {
    station: text('s'),
    day: localDay('d'),
    at: instant('a'),
    n: count('n'),
    level: requiredDouble('m', 'l'),
    isDay: flag('f'),
  },
  values: {},
  stores: [],
})

const anyKey = fc.tuple(
  fc.oneof(fc.string({ unit: 'binary', maxLength: 6 }), fc.constantFrom('a', 'a\0', 'a\0b', 'ab', '')),
  fc.constantFrom('2025-01-01', '2025-01-02'),
  fc.integer({ min: -8_640_000_000_000, max: 8_640_000_000_000 }),
  fc.nat(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  fc.boolean(),
)

function codePoints(a: string, b: string): number {
  return Math.sign(Buffer.compare(Buffer.from(a, 'utf8'), Buffer.from(b, 'utf8')))
}

function compareCells(a: readonly Cell[], b: readonly Cell[]): number {
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] as Cell, b[i] as Cell]
    const order = typeof x === 'string' ? codePoints(x, y as string) : Math.sign(Number(x) - Number(y))
    if (order !== 0) return order
  }
  return 0
}

test('the bytes of two keys compare as their cells do, column by column', () => {
  fc.assert(
    fc.property(anyKey, anyKey, (a, b) => {
      expect(Math.sign(Buffer.compare(sortKey(view, a), sortKey(view, b)))).toBe(compareCells(a, b))
    }),
    { numRuns: 2_000 },
  )
})
