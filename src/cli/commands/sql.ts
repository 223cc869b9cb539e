import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'csv-stringify/sync'
import { type Config, loadConfig } from '../../config/load-config.ts'
import { nearest } from '../../config/unknown-settings.ts'
import { isWindrowError, WindrowError } from '../../core/errors.ts'
import { runReadOnly } from '../../sinks/postgres/run-read-only.ts'
import type { SqlClient, SqlResult, SqlValue } from '../../sinks/postgres/sql-client.ts'
import { sqlStateOf } from '../../sinks/postgres/sql-errors.ts'
import { loadCatalogue } from '../catalogue.ts'
import type { CliContext, ExitCode } from '../context.ts'
import { createLogger } from '../logger.ts'
import { fitsWhole, renderRecords, renderTable } from '../table.ts'
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
  // To make an empty Postgres would take a while, and then have nothing to tell.
  if (config.postgresUrl === null && !existsSync(join(config.dataDir, 'postgres'))) throw notBuilt(config.dataDir)
  const client = openViewsSql(config, createLogger(config, context.stderr))
  try {
    const result =
      options.write === true ? await client.query(statement) : await readOnly(client, statement, options.max, context)
    await context.stdout.write(textOf(result, options.format, context))
    if (result.fields.length === 0)
      await context.stderr.write(`${result.rowCount === null ? 'done' : countOf(result.rowCount)}\n`)
    return 0
  } catch (error) {
    if (isWindrowError(error, 'WR_SQL')) throw await refused(error, config, client, options)
    throw error
  } finally {
    await client.close()
  }
}

function notBuilt(dataDir: string): WindrowError {
  return new WindrowError('WR_VIEW_EMPTY', {
    message: `No view is in Postgres yet: none was ever run with the data folder ${dataDir}.`,
    remedy: 'Build the views with `windrow run --until-end` (or `windrow start`), then ask again.',
    kind: 'failure',
    facts: { dataDir },
  })
}

/** Whoever typed the statement can mend it. */
async function refused(error: WindrowError, config: Config, client: SqlClient, { write }: SqlOptions): Promise<WindrowError> {
  const { code, message, facts, canRetry } = error
  const remedy = (await remedyFor(error, config, client, write === true)) ?? error.remedy
  return new WindrowError(code, { message, remedy, facts, canRetry, kind: 'usage', cause: error })
}

const READ_ONLY = '25006'
const NO_SUCH_TABLE = '42P01'

async function remedyFor(error: WindrowError, config: Config, client: SqlClient, write: boolean): Promise<string | null> {
  const state = sqlStateOf(error)
  if (state === READ_ONLY && !write) return 'Add --write to let the statement change something.'
  if (state !== NO_SUCH_TABLE) return null
  const names = (await loadCatalogue(config)).views.map(({ name }) => name)
  const made = `The views are ${names.join(', ')}.`
  const asked = /relation "([^"]+)"/.exec(error.message)?.[1]
  const alike = asked === undefined ? null : nearest(asked, names)
  if (alike === asked && alike !== null) {
    return (await isWritten(client))
      ? `The table of ${alike} is gone, or was never made: \`windrow replay ${alike}\` makes it anew and fills it.`
      : 'No process has written the views to this Postgres yet: `windrow run` or `windrow start` does.'
  }
  return alike === null ? made : `Did you mean ${alike}? ${made}`
}

/** Whether some process has kept views in this Postgres before. */
async function isWritten(client: SqlClient): Promise<boolean> {
  const { rows } = await client.query("SELECT to_regclass('windrow_progress') IS NOT NULL")
  return rows[0]?.[0] === true
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
      const cells = rows.map((row) => row.map(shown))
      return rows.length === 0 || fitsWhole(columns, cells, stdout)
        ? renderTable(columns, cells, stdout)
        : renderRecords(columns, cells, stdout)
    }
  }
}

const countOf = (rows: number): string => (rows === 1 ? '1 row' : `${rows.toLocaleString('en-US')} rows`)

const shown = (value: SqlValue): string => (value === null ? '' : String(value))
