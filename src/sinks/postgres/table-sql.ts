import type { Cell, ColumnType, View, ViewColumn } from '../../views/view.ts'
import { arrayElement, binaryArray } from './binary-array.ts'
import { quoteName, quoteText } from './quote.ts'
import type { SqlParameter } from './sql-client.ts'
import type { ExtraColumn } from './view-extras.ts'

/** What Postgres prints for the type of a column. */
export function columnType(type: ColumnType): string {
  switch (type) {
    case 'text':
    case 'month':
      return 'text'
    case 'instant':
      return 'timestamp with time zone'
    case 'day':
      return 'date'
    case 'double':
      return 'double precision'
    case 'count':
      return 'bigint'
    case 'flag':
      return 'boolean'
  }
}

/** Schema and name, quoted. */
export function tableName(schema: string, table: string): string {
  return `${quoteName(schema)}.${quoteName(table)}`
}

export function createTable(view: View, schema: string, extras: readonly ExtraColumn[]): string {
  const lines = [
    ...view.columns.map((column) => `${columnDefinition(column)}${column.nullable ? '' : ' NOT NULL'}`),
    ...extras.map((extra) => `${quoteName(extra.column)} ${extra.definition}`),
    `PRIMARY KEY (${keyNames(view)})`,
  ]
  return `CREATE TABLE ${tableName(schema, view.name)} (${lines.join(', ')})`
}

/**
 * A column that takes no null gets its initial value in the rows that are there, and none later: an older version of windrow, whose rows lack
 * it, is refused, in place of filling it with what nobody counted.
 */
export function addColumn(view: View, schema: string, column: ViewColumn): string[] {
  const alter = `ALTER TABLE ${tableName(schema, view.name)}`
  const add = `${alter} ADD COLUMN ${columnDefinition(column)}`
  if (column.nullable) return [add]
  const name = quoteName(column.column)
  return [`${add} NOT NULL DEFAULT ${literal(column.initial)}`, `${alter} ALTER COLUMN ${name} DROP DEFAULT`]
}

function literal(cell: Cell | undefined): string {
  if (cell === undefined || cell === null) throw new TypeError('a column that takes no null has no initial value')
  return quoteText(String(cell))
}

export function addExtraColumn(view: View, schema: string, extra: ExtraColumn): string {
  return `ALTER TABLE ${tableName(schema, view.name)} ADD COLUMN ${quoteName(extra.column)} ${extra.definition}`
}

/** Key texts compare by code point: the same order on every machine, and an index that outlives a new version of the C library. */
function columnDefinition(column: ViewColumn): string {
  const collation = column.isKey && columnType(column.type) === 'text' ? ' COLLATE "C"' : ''
  return `${quoteName(column.column)} ${columnType(column.type)}${collation}`
}

export function columnComment(column: ViewColumn): string {
  return column.unit === null ? column.doc : `${column.doc} Unit: ${column.unit}`
}

export function commentOnTable(view: View, schema: string): string {
  return `COMMENT ON TABLE ${tableName(schema, view.name)} IS ${quoteText(view.doc)}`
}

export function commentOnColumn(view: View, schema: string, column: string, comment: string): string {
  return `COMMENT ON COLUMN ${tableName(schema, view.name)}.${quoteName(column)} IS ${quoteText(comment)}`
}

/** The statements that write rows of a view into a table with its columns. */
export interface TableStatements {
  /** Inserts rows, or updates those that differ: others are not touched, so that no trigger fires and nothing bloats. */
  readonly upsert: string
  /** Deletes rows by their keys. */
  readonly remove: string
  upsertParameters(rows: ReadonlyArray<readonly Cell[]>): SqlParameter[]
  /** `keys` hold the key cells; further cells are not looked at. */
  removeParameters(keys: ReadonlyArray<readonly Cell[]>): SqlParameter[]
}

export function tableStatements(view: View, schema: string, table: string): TableStatements {
  const target = tableName(schema, table)
  const upsert = `INSERT INTO ${target} AS t (${names(view.columns)}) SELECT * FROM (SELECT ${unnested(view.columns)}) AS s ${onConflict(view)}`
  const matches = view.key.map((column) => `t.${quoteName(column.column)} = s.${quoteName(column.column)}`).join(' AND ')
  const remove = `DELETE FROM ${target} AS t USING (SELECT ${unnested(view.key)}) AS s WHERE ${matches}`
  return {
    upsert,
    remove,
    upsertParameters: (rows) => parameters(view.columns, rows),
    removeParameters: (keys) => parameters(view.key, keys),
  }
}

/**
 * A table for the rows of a view while they are compared: with the constraints of the view's table, so that it refuses what that one would,
 * and without a log of its own, since it is made anew after a failure.
 */
export function stageTable(view: View, schema: string, stage: string): string {
  const like = `LIKE ${tableName(schema, view.name)} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING GENERATED`
  return `CREATE UNLOGGED TABLE ${tableName(schema, stage)} (${like}, PRIMARY KEY (${keyNames(view)}))`
}

/** Deletes from the view's table the rows that the table `other` has not, `other` having the same columns. */
export function removeMissing(view: View, schema: string, other: string): string {
  const matches = view.key.map((column) => `t.${quoteName(column.column)} = o.${quoteName(column.column)}`).join(' AND ')
  return `DELETE FROM ${tableName(schema, view.name)} AS t WHERE NOT EXISTS (SELECT FROM ${tableName(schema, other)} AS o WHERE ${matches})`
}

/** Writes into the view's table the rows of the table `other` that differ. */
export function copyDifferent(view: View, schema: string, other: string): string {
  const columns = names(view.columns)
  return `INSERT INTO ${tableName(schema, view.name)} AS t (${columns}) SELECT ${columns} FROM ${tableName(schema, other)} ${onConflict(view)}`
}

function onConflict(view: View): string {
  if (view.values.length === 0) return `ON CONFLICT (${keyNames(view)}) DO NOTHING`
  const assignments = view.values.map((column) => `${quoteName(column.column)} = EXCLUDED.${quoteName(column.column)}`)
  const old = view.values.map((column) => `t.${quoteName(column.column)}`)
  const fresh = view.values.map((column) => `EXCLUDED.${quoteName(column.column)}`)
  return `ON CONFLICT (${keyNames(view)}) DO UPDATE SET ${assignments.join(', ')} WHERE ROW(${old.join(', ')}) IS DISTINCT FROM ROW(${fresh.join(', ')})`
}

/** In the select list, not in FROM: there Postgres would first store each array as a table of its own. */
function unnested(columns: readonly ViewColumn[]): string {
  return columns
    .map((column, i) => {
      const cast = column.type === 'day' ? '::date' : ''
      return `unnest($${i + 1}::${arrayElement(column.type)}[])${cast} AS ${quoteName(column.column)}`
    })
    .join(', ')
}

function parameters(columns: readonly ViewColumn[], rows: ReadonlyArray<readonly Cell[]>): SqlParameter[] {
  return columns.map((column, i) => binaryArray(column.type, rows.length, (row) => rows[row]?.[i] as Cell))
}

function keyNames(view: View): string {
  return names(view.key)
}

function names(columns: readonly ViewColumn[]): string {
  return columns.map((column) => quoteName(column.column)).join(', ')
}
