import type { Cell, ColumnType, View, ViewColumn } from '../../views/view.ts'
import { type CqlParameter, cellBytes, cellOfValue, cqlType, keyBytes } from './cell-bytes.ts'
import type { CqlRow, CqlStatement } from './cql-session.ts'
import { bucketBytes, bucketOf, layoutOf, type TableLayout } from './table-layout.ts'

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** Keyspace and name, quoted. */
export function tableName(keyspace: string, table: string): string {
  return `${quoteName(keyspace)}.${quoteName(table)}`
}

/** A column of the table of a view: one of the view, or the bucket. */
export interface TableColumn {
  readonly name: string
  readonly type: string
  readonly kind: 'partition_key' | 'clustering' | 'regular'
  /** Within the partition key or the clustering; -1 of a regular column. */
  readonly position: number
}

export function tableColumns(view: View): readonly TableColumn[] {
  const { partition, bucket, clustering } = layoutOf(view)
  const columns: TableColumn[] = partition.map((i, position) => {
    const { column, type } = view.key[i] as ViewColumn
    return { name: column, type: cqlType(type), kind: 'partition_key', position }
  })
  if (bucket !== null) {
    columns.push({ name: bucket.column, type: bucket.type, kind: 'partition_key', position: partition.length })
  }
  if (clustering !== null) {
    const { column, type } = view.key[clustering] as ViewColumn
    columns.push({ name: column, type: cqlType(type), kind: 'clustering', position: 0 })
  }
  for (const { column, type } of view.values) columns.push({ name: column, type: cqlType(type), kind: 'regular', position: -1 })
  return columns
}

export function createTable(view: View, keyspace: string): string {
  const columns = tableColumns(view)
  const named = (kind: TableColumn['kind']): string[] => columns.filter((c) => c.kind === kind).map((c) => quoteName(c.name))
  const definitions = columns.map(({ name, type }) => `${quoteName(name)} ${type}`)
  const [clustering] = named('clustering')
  const key = [`(${named('partition_key').join(', ')})`, ...named('clustering')].join(', ')
  const order = clustering === undefined ? '' : `CLUSTERING ORDER BY (${clustering} DESC) AND `
  return `CREATE TABLE IF NOT EXISTS ${tableName(keyspace, view.name)} (${definitions.join(', ')}, PRIMARY KEY (${key}))
    WITH ${order}comment = ${quoteText(tableComment(view))}`
}

/** Cassandra has comments of tables alone: that of a view's names its columns, with their units. */
export function tableComment(view: View): string {
  const { bucket } = layoutOf(view)
  const columns = view.columns.map(({ column, unit, doc }) => `${column}${unit === null ? '' : ` (${unit})`}: ${doc}`)
  if (bucket !== null) {
    const time = (view.key[bucket.of] as ViewColumn).column
    columns.push(`${bucket.column}: the UTC month or the year of ${time}, which bounds a partition.`)
  }
  return `${view.doc}\n${columns.join('\n')}`
}

/** The statements of one view, and what they are given. */
export interface TableStatements {
  readonly layout: TableLayout
  /** Names the Cassandra partition of a row. */
  partitionOf(keyCells: readonly Cell[]): string
  /** All columns; `isNew`: a null is left unset instead of being written as a tombstone. */
  upsert(cells: readonly Cell[], writeTime: Buffer, isNew: boolean): CqlStatement
  remove(keyCells: readonly Cell[], writeTime: Buffer): CqlStatement
  /** Reads the row of a key. */
  readOne(keyCells: readonly Cell[]): CqlStatement
  /** Reads the rows of the partition of `keyCells` from one time to another, both inclusive; only where there is a clustering. */
  readSlice(keyCells: readonly Cell[], from: Cell, to: Cell): CqlStatement
  /** Reads all rows. */
  readonly readAll: string
  /** Of what the three above read. */
  readonly rows: RowShape
  /** Reads the keys of all rows. */
  readonly readKeys: string
  readonly keys: RowShape
  /** Deletes a row by its key as it is stored, and reads it. */
  removeStored(row: StoredKey, writeTime: Buffer): CqlStatement
  readStored(row: StoredKey): CqlStatement
}

/** A row's key with the bucket that it lies in. */
export interface StoredKey {
  readonly keyCells: readonly Cell[]
  readonly bucket: string | number | null
}

/** Reads what a statement gave. */
export interface RowShape {
  /** In the view's order. */
  cellsOf(row: CqlRow): Cell[]
  bucketOf(row: CqlRow): string | number | null
  /** The greatest WRITETIME that shows; null where no value is set. */
  writeTimeOf(row: CqlRow): bigint | null
}

export function tableStatements(view: View, keyspace: string): TableStatements {
  const layout = layoutOf(view)
  const { partition, bucket, clustering } = layout
  const table = tableName(keyspace, view.name)
  const width = view.columns.length
  const types = view.columns.map(({ type }) => type)
  const names = view.columns.map(({ column }) => quoteName(column))
  const bucketNames = bucket === null ? [] : [quoteName(bucket.column)]
  const keyNames = [...names.slice(0, view.key.length), ...bucketNames]
  const times = view.values.map(({ column }) => `WRITETIME(${quoteName(column)})`)
  const equal = (columns: readonly string[]): string => columns.map((name) => `${name} = ?`).join(' AND ')

  // For ever, also where somebody gave the table a default_time_to_live.
  const insert = `INSERT INTO ${table} (${[...names, ...bucketNames].join(', ')})
    VALUES (${new Array(width + bucketNames.length).fill('?').join(', ')}) USING TIMESTAMP ? AND TTL 0`
  const remove = `DELETE FROM ${table} USING TIMESTAMP ? WHERE ${equal(keyNames)}`
  const readAll = `SELECT ${[...names, ...bucketNames, ...times].join(', ')} FROM ${table}`
  const readKeys = `SELECT ${[...keyNames, ...times].join(', ')} FROM ${table}`
  const readOne = `${readAll} WHERE ${equal(keyNames)}`
  const partitionNames = [...partition.map((i) => names[i] as string), ...bucketNames]
  const time = clustering === null ? '' : (names[clustering] as string)
  const readSlice = `${readAll} WHERE ${equal(partitionNames)} AND ${time} >= ? AND ${time} <= ?`

  const keys = view.key.length
  const bytes = (i: number, cell: Cell): Buffer | null =>
    i < keys ? keyBytes(types[i] as ColumnType, cell) : cellBytes(types[i] as ColumnType, cell)
  const bucketParams = (keyCells: readonly Cell[]): Buffer[] => (bucket === null ? [] : [bucketBytes(bucketOf(bucket, keyCells))])
  const keyParams = (keyCells: readonly Cell[]): CqlParameter[] => [
    ...view.key.map((_, i) => bytes(i, keyCells[i] as Cell)),
    ...bucketParams(keyCells),
  ]
  const storedKey = ({ keyCells, bucket }: StoredKey): CqlParameter[] => [
    ...view.key.map((_, i) => bytes(i, keyCells[i] as Cell)),
    ...(bucket === null ? [] : [bucketBytes(bucket)]),
  ]
  const shape = (columns: number): RowShape => ({
    cellsOf(row) {
      const cells = new Array<Cell>(columns)
      for (let i = 0; i < columns; i++) cells[i] = cellOfValue(types[i] as ColumnType, row[i])
      return cells
    },
    bucketOf: (row) => (bucket === null ? null : (row[columns] as string | number)),
    writeTimeOf: (row) => greatest(row, columns + bucketNames.length),
  })

  return {
    layout,
    readAll,
    rows: shape(width),
    readKeys,
    keys: shape(view.key.length),
    partitionOf(keyCells) {
      let text = bucket === null ? '' : String(bucketOf(bucket, keyCells))
      for (const i of partition) {
        const part = String(keyCells[i])
        text += ` ${part.length} ${part}`
      }
      return text
    },
    upsert(cells, writeTime, isNew) {
      const params = new Array<CqlParameter>(width)
      for (let i = 0; i < width; i++) {
        const cell = cells[i] as Cell
        params[i] = cell === null && isNew ? undefined : bytes(i, cell)
      }
      if (bucket !== null) params.push(bucketBytes(bucketOf(bucket, cells)))
      params.push(writeTime)
      return { query: insert, params }
    },
    remove: (keyCells, writeTime) => ({ query: remove, params: [writeTime, ...keyParams(keyCells)] }),
    readOne: (keyCells) => ({ query: readOne, params: keyParams(keyCells) }),
    readSlice(keyCells, from, to) {
      const i = clustering as number
      const params = partition.map((at) => bytes(at, keyCells[at] as Cell))
      return { query: readSlice, params: [...params, ...bucketParams(keyCells), bytes(i, from), bytes(i, to)] }
    },
    removeStored: (row, writeTime) => ({ query: remove, params: [writeTime, ...storedKey(row)] }),
    readStored: (row) => ({ query: readOne, params: storedKey(row) }),
  }
}

function greatest(row: CqlRow, from: number): bigint | null {
  let greatest: bigint | null = null
  for (let i = from; i < row.length; i++) {
    const written = row[i] as bigint | null
    if (written !== null && (greatest === null || written > greatest)) greatest = written
  }
  return greatest
}
