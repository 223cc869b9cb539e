import { isWindrowError } from '../core/errors.ts'
import type { SinkRow } from './sink.ts'

/**
 * Writes rows by `write`, halving what the store refuses until the rows are alone that it refuses for ever; those go to `refuse`. `next` is
 * the offset after the rows; rows are by ascending offset, so that after each part the progress is where the next begins.
 */
export async function splitRefused(
  rows: readonly SinkRow[],
  next: number,
  write: (rows: readonly SinkRow[], next: number) => Promise<void>,
  refuse: (row: SinkRow, reason: Error) => Promise<void>,
): Promise<void> {
  try {
    await write(rows, next)
  } catch (error) {
    const [first, second] = rows
    if (!isWindrowError(error, 'WR_ROW_REFUSED') || first === undefined) throw error
    if (second === undefined) {
      await refuse(first, error)
      await write([], next)
      return
    }
    const half = rows.slice(0, rows.length >> 1)
    await splitRefused(half, offsetAfter(half), write, refuse)
    await splitRefused(rows.slice(half.length), next, write, refuse)
  }
}

/** The offset after the last of the rows, of which there is at least one. */
export function offsetAfter(rows: readonly SinkRow[]): number {
  return (rows.at(-1) as SinkRow).offset + 1
}
