import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { onTestFinished } from 'vitest'
import { systemClock } from '../../../../src/core/clock.ts'
import type { GoldContext, GoldTuning } from '../../../../src/sinks/lake/gold/gold-context.ts'
import { DEFAULT_GOLD_TUNING } from '../../../../src/sinks/lake/gold/gold-context.ts'
import { GoldView } from '../../../../src/sinks/lake/gold/gold-view.ts'
import { type LakeDatabase, openLakeDatabase } from '../../../../src/sinks/lake/lake-database.ts'
import type { RefusedRow } from '../../../../src/sinks/refused-row.ts'
import type { Cell, View } from '../../../../src/views/view.ts'
import { byKey, type SinkWorld, sinkWorld } from '../../../conformance/sink-world.ts'
import { silentLogger } from '../../silent-logger.ts'
import { tempDirectory } from '../../temp-directory.ts'
import { type FolderStorage, folderStorage } from '../storage/folder-storage.ts'

export interface GoldWorld {
  readonly world: SinkWorld
  readonly storage: FolderStorage
  readonly lake: string
  readonly refused: RefusedRow[]
  /** A process that writes the view. Those that write at the same time need a database each. */
  writer(options?: WriterOptions): GoldView
  database(): Promise<LakeDatabase>
  /** All rows in the files of the view, by key: a key that is in two of them is there twice. */
  rows(): Promise<Cell[][]>
  /** The view's Parquet files, without `gold/<view>/`. */
  files(): Promise<string[]>
  sql(statement: string): Promise<Array<Record<string, unknown>>>
}

export interface WriterOptions {
  readonly storage?: FolderStorage
  readonly epoch?: number
  readonly tuning?: Partial<GoldTuning>
  readonly assertHeld?: () => void
  readonly database?: LakeDatabase
}

export async function goldWorld(view: View, given?: SinkWorld): Promise<GoldWorld> {
  const world = given ?? (await sinkWorld(view))
  const root = tempDirectory()
  const lake = join(root, 'lake')
  const storage = folderStorage(lake)
  const refused: RefusedRow[] = []
  const openDatabase = async (): Promise<LakeDatabase> => {
    const opened = await openLakeDatabase({ scratch: root, memoryMb: 256, threads: 1 })
    onTestFinished(() => opened.close())
    return opened
  }
  const database = await openDatabase()
  const instance = await DuckDBInstance.create(':memory:', { threads: '1', enable_external_file_cache: 'false' })
  const connection = await instance.connect()
  onTestFinished(() => {
    connection.closeSync()
    instance.closeSync()
  })
  const files = async (): Promise<string[]> => {
    const names: string[] = []
    for await (const { name } of folderStorage(lake).list(`gold/${view.name}/`)) {
      if (name.endsWith('.parquet')) names.push(name.split('/').slice(2).join('/'))
    }
    return names
  }

  const sql = async (statement: string): Promise<Array<Record<string, unknown>>> =>
    (await connection.runAndReadAll(statement.replaceAll('LAKE', lake))).getRowObjectsJson()
  await connection.run("SET TimeZone = 'UTC'")

  return {
    world,
    storage,
    lake,
    refused,
    sql,
    database: openDatabase,
    writer({ storage: own = storage, epoch = 1, tuning = {}, assertHeld = () => undefined, ...given } = {}) {
      const context: GoldContext = {
        storage: own,
        log: world.log,
        clock: systemClock,
        logger: silentLogger,
        epoch,
        assertHeld,
        signal: new AbortController().signal,
        database: given.database ?? database,
        tuning: { ...DEFAULT_GOLD_TUNING, ...tuning },
        refuse: async (row) => void refused.push(row),
      }
      return new GoldView(context, view)
    },
    async rows() {
      if ((await files()).length === 0) return []
      const folder = `${lake}/gold/${view.name}`
      const reader = await connection.runAndReadAll(
        `SELECT ${view.columns.map(selected).join(', ')} FROM read_parquet('${folder}/**/*.parquet')`,
      )
      return byKey(
        view,
        reader.getRows().map((row) => row.map(cellOf)),
      )
    },
    files,
  }
}

function selected({ column, type }: View['columns'][number]): string {
  const name = `"${column.replaceAll('"', '""')}"`
  if (type === 'instant') return `epoch_ms(${name})`
  return type === 'day' ? `${name}::VARCHAR` : name
}

const cellOf = (value: unknown): Cell => (typeof value === 'bigint' ? Number(value) : (value as Cell))
