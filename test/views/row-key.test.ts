import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalKey, formatInstant, parseInstant, parseKey } from '../../src/views/row-key.ts'
import { count, defineView, flag, instant, localDay, text } from '../../src/views/view.ts'
import { cellsOf } from './sample-views.ts'

const daily = defineView({
  name: 'daily',
  doc: 'By day.',
  key: { stationId: text('Station.'), day: localDay('Day.') },
  values: { n: count('Readings.') },
  stores: ['postgres'],
})
const manyKeys = defineView({
  name: 'many_keys',
  doc: 'Every type that a key may have.',
  key: { stationId: text('Station.'), hour: instant('Hour.'), slot: count('Slot.'), upper: flag('Half.') },
  values: {},
  stores: ['postgres'],
})

describe('the key of a row', () => {
  test('is a JSON array without spaces, of the key cells alone', () => {
    expect(canonicalKey(daily, ['paris', '2025-01-01', 24])).toBe('["paris","2025-01-01"]')
  })

  test('has instants in ISO 8601, with milliseconds only where there are some', () => {
    expect(canonicalKey(manyKeys, ['a', 1_735_689_600_000, 3, true])).toBe('["a","2025-01-01T00:00:00Z",3,true]')
    expect(canonicalKey(manyKeys, ['a', 1_735_689_600_007, 3, true])).toBe('["a","2025-01-01T00:00:00.007Z",3,true]')
  })

  test('is what JSON.stringify gives, and is read back as the same cells', () => {
    fc.assert(
      fc.property(fc.tuple(...manyKeys.key.map((column) => cellsOf(column))), (cells) => {
        const key = canonicalKey(manyKeys, cells)
        expect(key).toBe(JSON.stringify([cells[0], formatInstant(cells[1] as number), cells[2], cells[3]]))
        expect(parseKey(manyKeys, key)).toEqual(cells)
      }),
    )
  })

  test.each([
    'paris',
    '{}',
    '["paris"]',
    '["paris","2025-01-01",1]',
    '["paris", "2025-01-01"]',
    '[1,"2025-01-01"]',
    '[null,"2025-01-01"]',
  ])('%s is refused for a key of station and day', (key) => {
    expect(() => parseKey(daily, key)).toThrow(expect.objectContaining({ code: 'WR_ROW_KEY' }))
  })

  test.each(['["a","2025-01-01",1,true]', '["a","2025-02-30T00:00:00Z",1,true]', '["a","2025-01-01T00:00:00.000Z",1,true]'])(
    '%s is refused where an instant is meant',
    (key) => {
      expect(() => parseKey(manyKeys, key)).toThrow(expect.objectContaining({ code: 'WR_ROW_KEY' }))
    },
  )

  test('a key cell of another type is refused by the name of its column', () => {
    expect(() => canonicalKey(daily, [null, '2025-01-01'])).toThrow(/daily\.station_id/)
    expect(() => canonicalKey(manyKeys, ['a', 1.5, 1, true])).toThrow(/many_keys\.hour/)
  })
})

describe('an instant', () => {
  test('is written as Date.toISOString does, but for zero milliseconds, and read back', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (n) => {
        const ms = n % 8_640_000_000_000_001
        expect(formatInstant(ms)).toBe(new Date(ms).toISOString().replace('.000Z', 'Z'))
        expect(parseInstant(formatInstant(ms))).toBe(ms)
      }),
    )
  })

  test.each([Number.NaN, 0.5, 8_640_000_000_000_001, Number.POSITIVE_INFINITY])('%d is none', (ms) => {
    expect(() => formatInstant(ms)).toThrow(RangeError)
  })
})
