import { describe, expect, test } from 'vitest'
import { quantitiesOf, shareText } from '../../../src/api/page/quantities.js'
import { statisticsOf } from '../../../src/api/page/statistics.js'

const HOUR = 3_600_000
const source = { view: 'v', column: 'mean', low: 'min', high: 'max', count: 'n', coverage: 'coverage' }
const hour = (at: number, mean: number | null, change: Record<string, number | boolean> = {}) => ({
  key: String(at),
  row: { mean, min: mean, max: mean, sum: mean, n: 1, coverage: 1, complete: true, ...change },
  start: at * HOUR,
  end: (at + 1) * HOUR,
})
const range = (from: number, to: number): [number, number] => [from * HOUR, to * HOUR]

describe('statistics of a range', () => {
  test('a mean weighs each window by its readings', () => {
    const found = statisticsOf([hour(0, 10, { n: 4 }), hour(1, 20, { n: 1 })], 'mean', source, range(0, 2))
    expect(found.mean).toBe(12)
    expect(found.sum).toBe(null)
  })

  test('a mean weighs by the readings that have the quantity; by all where a row has a value and says 0', () => {
    const [temperature] = quantitiesOf('weather', 'days').filter(({ quantity }) => quantity.id === 'temperature')
    const own = { ...(temperature as NonNullable<typeof temperature>).source, column: 'mean' }
    const days = [hour(0, 10, { n: 24, temperature_n: 1 }), hour(1, 20, { n: 24, temperature_n: 3 })]
    expect(statisticsOf(days, 'mean', own, range(0, 2)).mean).toBe(17.5)
    const older = [hour(0, 10, { n: 1, temperature_n: 0 }), hour(1, 20, { n: 3, temperature_n: 0 })]
    expect(statisticsOf(older, 'mean', own, range(0, 2)).mean).toBe(17.5)
  })

  test('without counts it weighs by time', () => {
    const long = { ...hour(1, 20), end: 4 * HOUR }
    const { count: _, ...uncounted } = source
    expect(statisticsOf([hour(0, 10), long], 'mean', uncounted, range(0, 4)).mean).toBe(17.5)
  })

  test('lowest and highest are those of the readings where the view keeps them, with their window', () => {
    const hours = [hour(0, 10, { min: 4 }), hour(1, 12, { max: 30 })]
    const { low, high } = statisticsOf(hours, 'mean', source, range(0, 2))
    expect([low?.value, low?.entry.key, high?.value, high?.entry.key]).toEqual([4, '0', 30, '1'])
  })

  test('of sums, all windows are summed up, but a window that is open is not the lowest', () => {
    const hours = [hour(0, 8), hour(1, 6), hour(2, 1, { complete: false })]
    const found = statisticsOf(hours, 'sum', { view: 'v', column: 'sum' }, range(0, 3))
    expect([found.sum, found.mean, found.low?.value]).toEqual([15, 7, 6])
  })

  test('zero is a value, null is none', () => {
    expect(statisticsOf([hour(0, 0), hour(1, null)], 'mean', source, range(0, 2))).toMatchObject({ mean: 0, covered: 0.5 })
    expect(statisticsOf([], 'sum', source, range(0, 2))).toEqual({ mean: null, low: null, high: null, sum: null, covered: 0 })
  })

  test('what a view counts by itself is covered as far as it was counted', () => {
    const days = [hour(0, 1, { pv_n: 48, expected: 96 }), hour(1, 1, { pv_n: 96, expected: 96 })]
    const pv = quantitiesOf('energy', 'days').filter(({ quantity }) => quantity.id.startsWith('pv-'))
    expect(pv).toHaveLength(2)
    for (const { quantity, source: own } of pv) {
      const found = statisticsOf(days, quantity.kind, { ...own, column: 'sum' }, range(0, 2))
      expect(found.covered).toBe(0.75)
    }
  })

  test('what is missing is not covered, and neither is what lies outside', () => {
    const hours = [hour(0, 1), hour(1, 1, { coverage: 0.5 }), hour(3, 1)]
    expect(statisticsOf(hours, 'mean', source, range(0.5, 4)).covered).toBe(2 / 3.5)
  })

  test('a day that is open and measured so far is covered', () => {
    const day = { ...hour(0, 1, { coverage: 0.25, complete: false }), end: 24 * HOUR }
    expect(statisticsOf([day], 'mean', source, range(0, 6)).covered).toBe(1)
  })

  test('a share is never more than there is', () => {
    expect([1, 0.99999, 0.989, 0.29, 0].map(shareText)).toEqual(['100 %', '99.9 %', '98 %', '29 %', '0 %'])
  })

  test('every step of a kind has quantities, each with a name of its own', () => {
    for (const [kind, step] of [
      ['weather', 'hours'],
      ['weather', 'months'],
      ['energy', 'intervals'],
      ['energy', 'days'],
      ['air', 'hours'],
      ['air', 'days'],
    ] as const) {
      const ids = quantitiesOf(kind, step).map(({ quantity }) => quantity.id)
      expect(ids.length, `${kind} ${step}`).toBeGreaterThan(1)
      expect(new Set(ids).size).toBe(ids.length)
    }
    expect(quantitiesOf('weather', 'hours').map(({ quantity }) => quantity.id)).not.toContain('trend')
  })
})
