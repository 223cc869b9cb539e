import { snakeCase } from '../core/naming.ts'

/** A value of a row: instants are milliseconds since the epoch (UTC), days `YYYY-MM-DD`, months `YYYY-MM`. */
export type Cell = string | number | boolean | null

/**
 * text: UTF-8. instant: milliseconds since the epoch, UTC. day, month: of the local calendar, as text. double: IEEE 754
 * binary64. count: a whole number >= 0 (fits 53 bits). flag: boolean.
 */
export type ColumnType = 'text' | 'instant' | 'day' | 'month' | 'double' | 'count' | 'flag'

export interface ColumnSpec<T extends Cell = Cell> {
  readonly type: ColumnType
  readonly nullable: boolean
  /** A unit as in UCUM (`Cel`, `mg/m3`, `MW`), or null where there is none. */
  readonly unit: string | null
  readonly doc: string
  /** What rows that were written before the view had the column are read as, until the view is built anew; only where null is none. */
  readonly initial?: T
  /** Carries the TypeScript type only. */
  readonly cell?: T
}

export type Columns = Readonly<Record<string, ColumnSpec>>

export type StoreName = 'postgres' | 'cassandra' | 'influxdb'

/** A column of a view with its names: `name` in TypeScript, `column` in every schema, store, export and API. */
export interface ViewColumn extends ColumnSpec {
  readonly name: string
  readonly column: string
  readonly isKey: boolean
}

/** A table that is a pure function of the log. DDL, Avro row schema, line protocol and API documents come from this one declaration. */
export interface View<
  Key extends Columns = Columns,
  Values extends Columns = Columns,
  Stores extends readonly StoreName[] = readonly StoreName[],
> {
  readonly name: string
  readonly doc: string
  readonly key: readonly ViewColumn[]
  readonly values: readonly ViewColumn[]
  /** Key columns, then value columns: the order of a row's cells. */
  readonly columns: readonly ViewColumn[]
  readonly stores: Stores
  /** Carries the TypeScript types only. */
  readonly shape?: { readonly key: Key; readonly values: Values }
}

type CellOf<C> = C extends ColumnSpec<infer T> ? T : never

/** The row of a view as an object with camelCase names. */
export type RowOf<V> =
  V extends View<infer Key, infer Values>
    ? {
        readonly [K in keyof Key | keyof Values]: K extends keyof Key
          ? CellOf<Key[K]>
          : K extends keyof Values
            ? CellOf<Values[K]>
            : never
      }
    : never

/**
 * A change of a view: the new cells of a row, or null where the row is gone. `key` is the canonical JSON array of the key's
 * cells (instants in ISO 8601), `isNew` is true only where no row of that key existed before.
 */
export interface RowChange {
  readonly key: string
  readonly cells: readonly Cell[] | null
  readonly isNew: boolean
}

export const text = (doc: string): ColumnSpec<string> => ({ type: 'text', nullable: false, unit: null, doc })
export const optionalText = (doc: string): ColumnSpec<string | null> => ({ type: 'text', nullable: true, unit: null, doc })
export const instant = (doc: string): ColumnSpec<number> => ({ type: 'instant', nullable: false, unit: null, doc })
export const optionalInstant = (doc: string): ColumnSpec<number | null> => ({ type: 'instant', nullable: true, unit: null, doc })
export const localDay = (doc: string): ColumnSpec<string> => ({ type: 'day', nullable: false, unit: null, doc })
export const localMonth = (doc: string): ColumnSpec<string> => ({ type: 'month', nullable: false, unit: null, doc })
export const double = (unit: string, doc: string): ColumnSpec<number | null> => ({ type: 'double', nullable: true, unit, doc })
export const requiredDouble = (unit: string, doc: string): ColumnSpec<number> => ({ type: 'double', nullable: false, unit, doc })
export const count = (doc: string): ColumnSpec<number> => ({ type: 'count', nullable: false, unit: null, doc })
/** A count that the view had not from the beginning: 0, which weighs nothing, in rows that were written before. */
export const addedCount = (doc: string): ColumnSpec<number> => ({ ...count(doc), initial: 0 })
export const flag = (doc: string): ColumnSpec<boolean> => ({ type: 'flag', nullable: false, unit: null, doc })
export const optionalFlag = (doc: string): ColumnSpec<boolean | null> => ({ type: 'flag', nullable: true, unit: null, doc })

export interface ViewDeclaration<
  Key extends Columns,
  Values extends Columns,
  Stores extends readonly StoreName[] = readonly StoreName[],
> {
  /** snake_case; the name of the table, the measurement and the topic. */
  readonly name: string
  readonly doc: string
  readonly key: Key
  readonly values: Values
  readonly stores: Stores
}

/** Declares a view. The order of the properties is the order of the columns everywhere. */
export function defineView<Key extends Columns, Values extends Columns, const Stores extends readonly StoreName[]>(
  declaration: ViewDeclaration<Key, Values, Stores>,
): View<Key, Values, Stores> {
  const named = (columns: Columns, isKey: boolean): ViewColumn[] =>
    Object.entries(columns).map(([name, spec]) => ({ ...spec, name, column: snakeCase(name), isKey }))
  const key = named(declaration.key, true)
  const values = named(declaration.values, false)
  return { name: declaration.name, doc: declaration.doc, key, values, columns: [...key, ...values], stores: declaration.stores }
}
