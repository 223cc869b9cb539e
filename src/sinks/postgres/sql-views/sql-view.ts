export interface SqlViewColumn {
  readonly column: string
  /** UCUM, null where there is none. */
  readonly unit: string | null
  readonly doc: string
}

/** Quotes the name of a table or view with its schema. */
export type TableNames = (name: string) => string

/** Something that holds for every row of a view. */
export interface SqlCheck {
  /** Unique within the view, in a few words. */
  readonly name: string
  /** Tables and views that it reads beside the view itself. */
  readonly reads: readonly string[]
  /** Selects what breaks it: no row means that it holds. */
  failures(table: TableNames): string
}

/** A view in SQL over the tables: other programs expect it, and Postgres computes it when it is asked. */
export interface SqlView {
  readonly name: string
  readonly doc: string
  /** Names of the tables that it reads. */
  readonly needs: readonly string[]
  /** New ones come last where they can: then a view that is there is replaced in place, also one that others build on. */
  readonly columns: readonly SqlViewColumn[]
  readonly checks?: readonly SqlCheck[]
  /** `table` quotes the name of one of `needs` with its schema. */
  query(table: TableNames): string
}
