import { stringify } from 'csv-stringify/sync'
import { loadConfig } from '../../config/load-config.ts'
import { isWindrowError, WindrowError } from '../../core/errors.ts'
import { runReadOnly } from '../../sinks/postgres/run-read-only.ts'
import type { SqlClient, SqlResult, SqlValue } from '../../sinks/postgres/sql-client.ts'
import type { CliContext, ExitCode } from '../context.ts'
import { createLogger } from '../logger.ts'
import { makeDataFolder } from '../make-folder.ts'
import { renderTable } from '../table.ts'
import { openViewsSql } from '../views-postgres.ts'

export interface SqlOptions {
  readonly format: 'table' | 'csv' | 'json'
  readonly write?: boolean
  /** Rows at most. */
  readonly max: number
}

/** `windrow sql`: one statement on the Postgres view, embedded or not; read-only unless told otherwise. */
export async function sql(context: CliContext, statement: string, options: SqlOptions): Promise<ExitCode> {
  const config = loadConfig(context.environment, context.folder)
  if (config.postgresUrl === null) makeDataFolder(config.dataDir)
  const client = openViewsSql(config, createLogger(config, context.stderr))
  try {
    const result =
      options.write === true ? await client.query(statement) : await readOnly(client, statement, options.max, context)
    await context.stdout.write(textOf(result, options.format, context))
    if (result.fields.length === 0)
      await context.stderr.write(`${result.rowCount === null ? 'done' : `${result.rowCount} rows`}\n`)
    return 0
  } catch (error) {
    // Whoever typed the statement can mend it.
    if (isWindrowError(error, 'WR_SQL'))
      throw new WindrowError(error.code, { ...error, message: error.message, kind: 'usage', cause: error })
    throw error
  } finally {
    await client.close()
  }
}

async function readOnly(client: SqlClient, statement: string, limit: number, { stderr }: CliContext): Promise<SqlResult> {
  const result = await runReadOnly(client, statement, { limit })
  if (result.truncated) await stderr.write(`There are more than ${limit.toLocaleString('en-US')} rows: --max gives more.\n`)
  return result
}

function textOf({ fields, rows }: SqlResult, format: SqlOptions['format'], { stdout }: CliContext): string {
  const names = fields.map(({ name }) => name)
  if (names.length === 0) return ''
  switch (format) {
    case 'csv':
      return stringify([names, ...rows.map((row) => row.map((value) => (value === null ? null : String(value))))])
    case 'json': {
      const lines = rows.map((row) => JSON.stringify(Object.fromEntries(names.map((name, i) => [name, row[i] ?? null]))))
      return lines.length === 0 ? '[]\n' : `[\n${lines.join(',\n')}\n]\n`
    }
    case 'table': {
      const columns = names.map((title, i) => ({
        title,
        align: rows.some((row) => typeof row[i] === 'number') ? ('right' as const) : ('left' as const),
      }))
      return renderTable(
        columns,
        rows.map((row) => row.map(shown)),
        stdout,
      )
    }
  }
}

const shown = (value: SqlValue): string => (value === null ? '' : String(value))
