import { randomUUID } from 'node:crypto'
import { isWindrowError } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import type { Topic } from '../../log/port.ts'
import type { Cell, View } from '../../views/view.ts'
import type { MendReport, MendSource, Sink, SinkBatch, SinkClaim, SinkTarget } from '../sink.ts'
import { mendTable } from './mend-table.ts'
import { asSink, assertVersion, mending, rowError } from './postgres-errors.ts'
import { assertTable, prepareTables } from './prepare-tables.ts'
import { ProgressTable } from './progress-sql.ts'
import { readTableRows } from './read-rows.ts'
import type { SqlClient, SqlSession } from './sql-client.ts'
import type { Place } from './sql-views/meteo.ts'
import type { SqlView } from './sql-views/sql-view.ts'
import { sqlViews } from './sql-views.ts'
import { type TableStatements, tableName, tableStatements } from './table-sql.ts'
import { prepareTimeIndexes } from './time-indexes.ts'
import { defaultExtras, type ViewExtras } from './view-extras.ts'

export interface PostgresSinkOptions {
  /** The caller closes it, after the sink. */
  readonly client: SqlClient
  /** Where the tables are. Default `public`. */
  readonly schema?: string
  readonly extras?: ViewExtras
  /** Where the view `meteo` is about. Without it there is none. */
  readonly place?: Place
  /** Is told of views in SQL that could not be made. */
  readonly logger?: Logger
}

/** Holds views as tables. Rows and progress are written in one transaction, in which the owner is compared: once whatever happens. */
export function postgresSink(options: PostgresSinkOptions): Sink {
  return new PostgresSink(options)
}

class PostgresSink implements Sink {
  readonly name = 'postgres'
  readonly store = 'postgres'
  readonly isFenced = true
  private readonly client: SqlClient
  private readonly schema: string
  private readonly extras: ViewExtras
  private readonly table: ProgressTable
  private readonly sqlViews: readonly SqlView[]
  private readonly logger: Logger | null
  private readonly told = new Set<string>()
  /** Names this process among those that may want to compare the same view: what it began and could not end, it may begin again. */
  private readonly holder = randomUUID()
  /** Views that are being compared. */
  private readonly mending = new Set<string>()
  private readonly statements = new Map<string, TableStatements>()

  constructor(options: PostgresSinkOptions) {
    this.client = options.client
    this.schema = options.schema ?? 'public'
    this.extras = options.extras ?? defaultExtras
    this.table = new ProgressTable(this.schema)
    this.sqlViews = sqlViews(options.place ?? null)
    this.logger = options.logger ?? null
  }

  async open(views: readonly View[]): Promise<void> {
    const { schema, extras, sqlViews } = this
    const notice = (view: string, message: string, remedy: string): void => {
      // It is opened again after every failure that a person has to mend.
      if (!this.told.has(message)) this.logger?.warn({ sink: this.name, view, remedy }, message)
      this.told.add(message)
    }
    await this.act(async () => {
      const { rows } = await this.client.query("SELECT current_setting('server_version_num')::int")
      assertVersion(this.describe(), rows[0]?.[0] as number)
      await prepareTables(this.client, views, { schema, extras, sqlViews, notice })
      await prepareTimeIndexes(this.client, views, schema, notice)
    })
  }

  claim(target: SinkTarget, leaseEpoch: number): Promise<SinkClaim> {
    const claim = async (session: SqlSession): Promise<SinkClaim> => {
      const table = tableName(this.schema, target.view.name)
      const isEmpty = async (): Promise<boolean> => (await session.query(`SELECT 1 FROM ${table} LIMIT 1`)).rows.length === 0
      // Two partitions that begin at once would both find nothing stored.
      await session.query('SELECT pg_advisory_xact_lock(hashtext($1))', [`windrow claim ${table}`])
      return this.table.claim(session, target, leaseEpoch, isEmpty)
    }
    return this.act(() => this.client.transaction(claim))
  }

  async progress(view: View, topic: Topic): Promise<readonly number[]> {
    const offsets = new Array<number>(topic.partitions).fill(0)
    const stored = await this.act(() => this.table.readIfThere(this.client, view.name))
    for (const row of stored) if (row.topicId === topic.id) offsets[row.partition] = row.nextOffset
    return offsets
  }

  async apply(batch: SinkBatch): Promise<void> {
    const { target, rows } = batch
    const write = async (session: SqlSession): Promise<void> => {
      await this.table.advance(session, batch)
      await this.write(session, target.view, rows)
    }
    try {
      await this.act(() => this.client.transaction(write, { inBackground: true }))
    } catch (error) {
      if (isWindrowError(error, 'WR_ROW_REFUSED')) await this.checkTable(target.view)
      throw error
    }
  }

  async mend(source: MendSource, signal: AbortSignal): Promise<MendReport> {
    const { client, schema, table, holder } = this
    const { name } = source.view
    // The partitions of a view may ask at once.
    if (this.mending.has(name)) throw mending(name)
    const refuse: MendSource['refuse'] = async (row, partition, reason) => {
      await this.checkTable(source.view)
      await source.refuse(row, partition, reason)
    }
    this.mending.add(name)
    try {
      return await this.act(() => mendTable({ client, schema, table, holder }, { ...source, refuse }, signal))
    } finally {
      this.mending.delete(name)
    }
  }

  rows(view: View): AsyncIterable<ReadonlyArray<readonly Cell[]>> {
    return readTableRows(this.client, this.schema, view)
  }

  describe(): string {
    return this.client.describe()
  }

  async close(): Promise<void> {}

  private act<T>(work: () => Promise<T>): Promise<T> {
    return asSink(this.describe(), this.schema, work)
  }

  private async write(session: SqlSession, view: View, rows: SinkBatch['rows']): Promise<void> {
    const statements = this.statementsOf(view)
    const upserts = rows.flatMap(({ cells }) => (cells === null ? [] : [cells]))
    const removed = rows.flatMap(({ cells, keyCells }) => (cells === null ? [keyCells] : []))
    try {
      if (removed.length > 0) await session.query(statements.remove, statements.removeParameters(removed))
      if (upserts.length > 0) await session.query(statements.upsert, statements.upsertParameters(upserts))
    } catch (error) {
      throw rowError(view.name, error)
    }
  }

  /** No row is to blame where somebody changed the table meanwhile: rejects with WR_VIEW_TABLE_MISMATCH before one is given up for it. */
  private checkTable(view: View): Promise<void> {
    return this.act(() => assertTable(this.client, view, this.schema, this.extras[view.name] ?? []))
  }

  private statementsOf(view: View): TableStatements {
    let statements = this.statements.get(view.name)
    if (statements === undefined) {
      statements = tableStatements(view, this.schema, view.name)
      this.statements.set(view.name, statements)
    }
    return statements
  }
}
