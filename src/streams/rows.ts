import type { Cell } from '../views/view.ts'

/** A changed row on its way to a view: its cells in the order of the batch's names. Of a row that is gone only the key's cells are there. */
export interface OutRow {
  readonly cells: Cell[]
  readonly gone: boolean
  /** True only where no row of this key existed before. */
  readonly isNew: boolean
}

/** Changed rows with the names of their cells; the first `keyCount` are the key. `Row` carries the type only. */
export interface Rows<Row> {
  readonly names: readonly string[]
  readonly keyCount: number
  readonly rows: readonly OutRow[]
  /** True for the last batch of an emission (it may be empty): when it has arrived, nothing is under way. */
  readonly last: boolean
  readonly row?: Row
}

/** Rows go downstream in batches of this many, so that a commit of a million readings needs no million rows in memory. */
export const ROWS_A_BATCH = 512

/** Collects rows and passes them on in batches. */
export class RowCollector {
  private rows: OutRow[] = []
  private readonly names: readonly string[]
  private readonly keyCount: number
  private readonly emit: (rows: Rows<never>) => void

  constructor(names: readonly string[], keyCount: number, emit: (rows: Rows<never>) => void) {
    this.names = names
    this.keyCount = keyCount
    this.emit = emit
  }

  add(row: OutRow): void {
    this.rows.push(row)
    if (this.rows.length >= ROWS_A_BATCH) this.pass(false)
  }

  /** Passes on what is left, as the last batch of this emission. */
  end(): void {
    this.pass(true)
  }

  private pass(last: boolean): void {
    const rows = this.rows
    this.rows = []
    this.emit({ names: this.names, keyCount: this.keyCount, rows, last })
  }
}
