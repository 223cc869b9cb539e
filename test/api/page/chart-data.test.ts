import { describe, expect, test } from 'vitest'
import { gridOf, splitUnsure, valuesOf } from '../../../src/api/page/charts/chart-data.js'
import { axisLabels, yRange } from '../../../src/api/page/charts/y-axis.js'

const HOUR = 3_600_000
const entry = (hour: number, value: number | null, complete = true) => ({
  key: `["s",${hour}]`,
  row: { value, complete },
  start: hour * HOUR,
  end: (hour + 1) * HOUR,
})
const mark = { draw: 'line', value: (row: Record<string, unknown>) => row.value as number | null, color: '--blue' } as const

describe('what a chart draws', () => {
  test('a window that is missing is a gap, not a line across it', () => {
    const grid = gridOf([entry(0, 1), entry(1, 2), entry(4, 5)])
    expect(grid.x.map((x) => (x * 1000) / HOUR)).toEqual([0.5, 1.5, 3, 4.5])
    expect(valuesOf(grid, mark)).toEqual([1, 2, null, 5])
  })

  test('null is a gap, zero is a value', () => {
    expect(valuesOf(gridOf([entry(0, 0), entry(1, null), entry(2, 3)]), mark)).toEqual([0, null, 3])
  })

  test('what leads to a window that is still open is apart from what is final, and they touch', () => {
    const grid = gridOf([entry(0, 1), entry(1, 2), entry(2, 3, false)])
    expect(splitUnsure(grid, valuesOf(grid, mark))).toEqual({ final: [1, 2, null], open: [null, 2, 3] })
  })

  test('an open window behind a gap stands alone', () => {
    const grid = gridOf([entry(0, 1), entry(5, 3, false)])
    expect(splitUnsure(grid, valuesOf(grid, mark))).toEqual({ final: [1, null, null], open: [null, null, 3] })
  })

  test('what is unsure may be told otherwise, and a line goes on across points of others', () => {
    const grid = gridOf([entry(0, 1), entry(1, 2), entry(2, 3), entry(3, 4)])
    const unsure = (row: Record<string, unknown>): boolean => row.value === 4
    expect(splitUnsure(grid, [1, undefined, 3, 4], unsure)).toEqual({
      final: [1, undefined, 3, null],
      open: [null, undefined, 3, 4],
    })
  })

  test('marks may be of some rows only', () => {
    const grid = gridOf([entry(0, 10), entry(1, 20)])
    expect(valuesOf(grid, { ...mark, when: (row) => (row.value as number) > 15 })).toEqual([null, 20])
  })
})

describe('the axis of a quantity', () => {
  test('has labels with as many digits as its steps need', () => {
    expect(axisLabels([0, 2.5, 5], 1)).toEqual(['0.0', '2.5', '5.0'])
    expect(axisLabels([0, 20_000, 40_000], 1)).toEqual(['0', '20,000', '40,000'])
    expect(axisLabels([0, 500_000], 0.001)).toEqual(['0', '500'])
    expect(axisLabels([0, 0.025, 0.05], 100)).toEqual(['0.0', '2.5', '5.0'])
    expect(axisLabels([-0.25, 0, 0.25], 1)).toEqual(['−0.25', '0.00', '0.25'])
  })

  test('begins at zero where zero is the ground, and holds the guideline when asked to', () => {
    expect(yRange(3, 10, { fromZero: true, include: null, leastSpan: 0 })[0]).toBe(0)
    expect(yRange(3, 10, { fromZero: true, include: 15, leastSpan: 0 })[1]).toBeGreaterThan(15)
  })

  test('spans some units at least, so that noise does not look like a storm', () => {
    const [low, high] = yRange(1013, 1013.2, { fromZero: false, include: null, leastSpan: 10 })
    expect(high - low).toBeGreaterThanOrEqual(10)
    expect(yRange(null, null, { fromZero: true, include: null, leastSpan: 0 })).toEqual([0, 1.08])
  })
})
