import type { Cell, View } from '../../src/views/view.ts'
import type { ExpectedRow, ExpectedRows } from './log-record.ts'

const RELATIVE_TOLERANCE = 1e-9

/**
 * How rows differ from what was expected, one sentence a difference, empty where they do not. Doubles may differ by 1e-9 of their
 * size (sums in another order round differently), angles by as much of a turn; everything else has to be the same.
 */
export function compareRows(view: View, expected: ExpectedRows, actual: ReadonlyMap<string, readonly Cell[]>): string[] {
  const differences: string[] = []
  for (const [key, row] of expected) {
    const cells = actual.get(key)
    if (cells === undefined) differences.push(`${view.name} ${key}: the row is missing`)
    else differences.push(...compareRow(view, key, row, cells))
  }
  for (const key of actual.keys()) if (!expected.has(key)) differences.push(`${view.name} ${key}: there should be no such row`)
  return differences
}

function compareRow(view: View, key: string, row: ExpectedRow, cells: readonly Cell[]): string[] {
  const differences: string[] = []
  view.columns.forEach(({ name, type, unit }, i) => {
    const wanted = row[name]
    const found = cells[i] as Cell
    if (wanted === undefined) throw new RangeError(`the oracle knows no column ${name} of ${view.name}`)
    const same = type === 'double' ? sameDouble(wanted, found, unit === 'deg') : wanted === found
    if (!same) differences.push(`${view.name} ${key}: ${name} is ${String(found)}, expected ${String(wanted)}`)
  })
  return differences
}

function sameDouble(a: Cell, b: Cell, isAngle: boolean): boolean {
  if (typeof a !== 'number' || typeof b !== 'number') return a === b
  const difference = isAngle ? turn(a, b) : Math.abs(a - b)
  return difference <= RELATIVE_TOLERANCE * Math.max(1, Math.abs(a), Math.abs(b))
}

/** 359.9999999999 and 0 are close. */
function turn(a: number, b: number): number {
  const difference = Math.abs(a - b)
  return Math.min(difference, Math.abs(360 - difference))
}
