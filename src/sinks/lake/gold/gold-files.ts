import { stat } from 'node:fs/promises'
import type { DuckDBType, DuckDBValue } from '@duckdb/node-api'
import { isWindrowError, WindrowError } from '../../../core/errors.ts'
import type { Cell, View, ViewColumn } from '../../../views/view.ts'
import { parquetColumns, parquetType, parquetValue } from '../../parquet-columns.ts'
import { type LakeDatabase, type LakeSession, sqlName, sqlText } from '../lake-database.ts'
import type { GoldChange } from './gold-changes.ts'

export interface MergedFile {
  /** 0 where no row is left: the file has columns alone. */
  readonly rows: number
  readonly bytes: number
  /** The rows are those of the file before. */
  readonly isSame: boolean
}

export interface MergeOptions {
  /** A local copy of the file that is there; null: there is none. */
  readonly before: string | null
  /** True: the changes alone are the file's rows, and what is there is only compared with them. */
  readonly replace: boolean
  readonly changes: AsyncIterable<readonly GoldChange[]> | Iterable<readonly GoldChange[]>
  /** Written beside the rows: Parquet's key-value metadata. */
  readonly about: Readonly<Record<string, string>>
  /** Where the file is to be. */
  readonly path: string
}

/** Merges changes of one view into Parquet files of the scratch folder. What memory does not hold is on disk. */
export interface GoldFiles {
  /** Rejects with WR_LAKE_FILE where `before` is no file of this view's columns. */
  merge(options: MergeOptions): Promise<MergedFile>
  close(): Promise<void>
}

/** Rows of a group: readers skip those whose least and greatest values do not fit. */
const GROUP_ROWS = 122_880
/** To begin and to end an append takes as long as some thousand rows. */
const STAGED_AT_ONCE = 16_384

export async function openGoldFiles(database: LakeDatabase, view: View): Promise<GoldFiles> {
  const session = await database.session()
  try {
    await session.run(`CREATE OR REPLACE TABLE gold_fresh (${parquetColumns(view.columns)})`)
    await session.run(`CREATE OR REPLACE TABLE gold_gone (${parquetColumns(view.key)})`)
  } catch (error) {
    session.end()
    throw error
  }
  return {
    merge: (options) => merge(database, session, view, options),
    async close() {
      await session.run('DROP TABLE IF EXISTS gold_fresh; DROP TABLE IF EXISTS gold_gone').catch(() => undefined)
      session.end()
    },
  }
}

async function merge(database: LakeDatabase, session: LakeSession, view: View, options: MergeOptions): Promise<MergedFile> {
  const { before, replace, about, path } = options
  await session.run('DELETE FROM gold_fresh; DELETE FROM gold_gone')
  let waiting: GoldChange[] = []
  for await (const page of options.changes) {
    waiting = waiting.length === 0 ? [...page] : waiting.concat(page)
    if (waiting.length < STAGED_AT_ONCE) continue
    await stage(database, session, view, waiting)
    waiting = []
  }
  await stage(database, session, view, waiting)
  const columns = names(view.columns)
  const key = names(view.key)
  const wrong = before === null ? null : await wrongColumns(session, before)
  if (wrong !== null && !replace) throw notOurs(view, wrong)
  const kept =
    before === null || replace
      ? ''
      : `SELECT ${columns} FROM ${file(before)} ANTI JOIN (SELECT ${key} FROM gold_fresh UNION ALL SELECT ${key} FROM gold_gone) USING (${key}) UNION ALL `
  const metadata = Object.entries(about).map(([name, value]) => `${sqlName(name)}: ${sqlText(value)}`)
  const [copied] = await session.rows(
    `COPY (${kept}SELECT ${columns} FROM gold_fresh ORDER BY ${key}) TO ${sqlText(path)} ` +
      `(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${GROUP_ROWS}, KV_METADATA {${metadata.join(', ')}})`,
  )
  const rows = Number(copied?.[0] ?? 0)
  const isSame = replace && before !== null && wrong === null && (await sameRows(session, path, rows, before))
  const { size } = await stat(path)
  return { rows, bytes: size, isSame }
}

async function stage(database: LakeDatabase, session: LakeSession, view: View, page: readonly GoldChange[]): Promise<void> {
  const fresh = page.flatMap(({ cells }) => (cells === undefined ? [] : [cells]))
  const gone = page.flatMap(({ keyCells }) => (keyCells === undefined ? [] : [keyCells]))
  await append(database, session, 'gold_fresh', view.columns, fresh)
  await append(database, session, 'gold_gone', view.key, gone)
}

async function append(
  { duckdb }: LakeDatabase,
  session: LakeSession,
  table: string,
  columns: readonly ViewColumn[],
  rows: ReadonlyArray<readonly Cell[]>,
): Promise<void> {
  if (rows.length === 0) return
  const types = columns.map((column): DuckDBType => duckdb[parquetType(column)])
  const values = columns.map(({ type }, c) => {
    const toDuckDb = parquetValue(duckdb, type)
    return (i: number): DuckDBValue => {
      const cell = rows[i]?.[c] ?? null
      return cell === null ? null : toDuckDb(cell)
    }
  })
  await session.append(table, types, rows.length, values)
}

/** What is wrong with the columns of a file, for a person to read; null where they are those of the view. */
async function wrongColumns(session: LakeSession, path: string): Promise<string | null> {
  const described = async (from: string): Promise<string> =>
    JSON.stringify((await session.rows(`DESCRIBE SELECT * FROM ${from}`)).map(([name, type]) => [name, type]))
  const wanted = await described('gold_fresh')
  try {
    const found = await described(file(path))
    return found === wanted ? null : found
  } catch (error) {
    if (isWindrowError(error, 'WR_LAKE_FILE')) return error.message
    throw error
  }
}

/** A file that somebody put there, or that another version of the view has left, is not merged with. */
function notOurs(view: View, found: string): WindrowError {
  return new WindrowError('WR_LAKE_FILE', {
    message: `A file of ${view.name} in the lake is not what windrow wrote there.`,
    remedy: 'Nothing needs to be done: the view is compared with its topic, and the file is written anew.',
    facts: { view: view.name, found },
    canRetry: true,
  })
}

async function sameRows(session: LakeSession, path: string, rows: number, before: string): Promise<boolean> {
  const [counted] = await session.rows(`SELECT count(*) FROM ${file(before)}`)
  if (Number(counted?.[0]) !== rows) return false
  const different = await session.rows(
    `SELECT 1 FROM ((SELECT * FROM ${file(path)}) EXCEPT ALL (SELECT * FROM ${file(before)})) LIMIT 1`,
  )
  return different.length === 0
}

const file = (path: string): string => `read_parquet(${sqlText(path)}, hive_partitioning = false)`
const names = (columns: readonly ViewColumn[]): string => columns.map(({ column }) => sqlName(column)).join(', ')
