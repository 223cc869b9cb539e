import type { Cell } from './view.ts'

/** Bit for bit. */
export function sameCells(a: readonly Cell[], b: readonly Cell[]): boolean {
  return a.every((cell, i) => Object.is(cell, b[i]))
}
