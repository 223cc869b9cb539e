import { DuckDBInstance, type DuckDBValue } from '@duckdb/node-api'
import { parse } from 'csv-parse/sync'
import { expect } from 'vitest'

export type SqlRow = Readonly<Record<string, string | number | boolean | null>>

/** Runs one SELECT over files. Whole numbers of 64 bits and decimals come as numbers. */
export async function duckdb(sql: string): Promise<SqlRow[]> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  try {
    const reader = await connection.runAndReadAll(sql)
    return reader
      .getRowObjectsJS()
      .map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value as DuckDBValue)])))
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

function plain(value: DuckDBValue): string | number | boolean | null {
  if (typeof value === 'bigint') return Number(value)
  if (value === null || typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string') return value
  throw new TypeError(`cast ${String(value)} to a number, a boolean or a text in SQL`)
}

/** An exported CSV with typed cells: empty is null. */
export function csvRows(text: string): SqlRow[] {
  const records: Record<string, string>[] = parse(text, { columns: true })
  return records.map((record) => Object.fromEntries(Object.entries(record).map(([name, cell]) => [name, typed(cell)])))
}

function typed(cell: string): string | number | boolean | null {
  if (cell === '') return null
  if (cell === 'true' || cell === 'false') return cell === 'true'
  return /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/.test(cell) ? Number(cell) : cell
}

/** Expects an export to have exactly the rows of an SQL answer, as far as that has columns; numbers to 1e-9 of their size. */
export function expectSameRows(exported: readonly SqlRow[], expected: readonly SqlRow[], keys: readonly string[]): void {
  const keyOf = (row: SqlRow) => JSON.stringify(keys.map((key) => row[key]))
  const found = new Map(exported.map((row) => [keyOf(row), row]))
  expect([...found.keys()].sort()).toEqual(expected.map(keyOf).sort())
  const differences: string[] = []
  for (const row of expected) {
    for (const [column, wanted] of Object.entries(row)) {
      const cell = found.get(keyOf(row))?.[column]
      if (!isClose(cell, wanted)) differences.push(`${keyOf(row)} ${column}: ${String(cell)}, SQL says ${String(wanted)}`)
    }
  }
  expect(differences).toEqual([])
}

function isClose(a: SqlRow[string] | undefined, b: SqlRow[string] | undefined): boolean {
  if (typeof a !== 'number' || typeof b !== 'number') return a === b
  return Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b))
}
