import type { SqlView } from '../../src/sinks/postgres/sql-views/sql-view.ts'
import type { ColumnSpec, Columns, StoreName, View, ViewColumn } from '../../src/views/view.ts'

/** A view with the names of its columns as types. */
type Shaped = View<Columns, Columns, readonly StoreName[]>

type ValuesOf<V> = V extends View<Columns, infer Values, readonly StoreName[]> ? Values : never
type KeyOf<V> = V extends View<infer Key, Columns, readonly StoreName[]> ? Key : never

/** Every column of a view, by its name in TypeScript. */
export type ColumnName<V> = Extract<keyof KeyOf<V> | keyof ValuesOf<V>, string>

/** Only those that are no part of the key: in InfluxDB the key is tags and the time. */
type Field<V> = Exclude<Extract<keyof ValuesOf<V>, string>, 'city' | 'country'>
type CellOf<V, Name extends keyof ValuesOf<V>> = ValuesOf<V>[Name] extends ColumnSpec<infer T> ? T : never

/** Fields of a view's points that hold numbers. */
export type NumberField<V> = { [N in Field<V>]: CellOf<V, N> extends number | null ? N : never }[Field<V>]
/** Fields of a view's points that hold true or false. */
export type FlagField<V> = { [N in Field<V>]: CellOf<V, N> extends boolean | null ? N : never }[Field<V>]

/** A view that InfluxDB has; of any other this is `never`, so that a query of it does not compile. */
export type InInflux<V> = V extends { readonly stores: readonly (infer S)[] } ? ('influxdb' extends S ? V : never) : never

/** A column that a panel may name. */
export interface Column {
  readonly table: string
  readonly column: string
  readonly unit: string | null
  readonly doc: string
}

export type ColumnsOf<V> = { readonly [N in ColumnName<V>]: Column }

const known = new WeakMap<Shaped, Readonly<Record<string, Column>>>()

/** The columns of a view by their names in TypeScript: one that the view has not does not compile. */
export function columnsOf<V extends Shaped>(view: V): ColumnsOf<V> {
  let columns = known.get(view)
  if (columns === undefined) {
    columns = Object.fromEntries(view.columns.map((each) => [each.name, columnOf(view, each)]))
    known.set(view, columns)
  }
  return columns as ColumnsOf<V>
}

const columnOf = (view: Shaped, { column, unit, doc }: ViewColumn): Column => ({ table: view.name, column, unit, doc })

type SqlColumnName<V extends SqlView> = V['columns'][number]['column']

/** The columns of a view in SQL, by their names there. */
export function sqlColumnsOf<const V extends SqlView>(view: V): { readonly [N in SqlColumnName<V>]: Column } {
  const named = view.columns.map((each) => [each.column, { ...each, table: view.name }] as const)
  return Object.fromEntries(named) as { readonly [N in SqlColumnName<V>]: Column }
}
