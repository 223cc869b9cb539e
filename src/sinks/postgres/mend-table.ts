import { createHash, randomBytes } from 'node:crypto'
import { WindrowError } from '../../core/errors.ts'
import { comparedUpTo } from '../partition-progress.ts'
import type { MendReport, MendSource, SinkRow } from '../sink.ts'
import { splitRefused } from '../split-refused.ts'
import { mending, rowError } from './postgres-errors.ts'
import type { ProgressTable } from './progress-sql.ts'
import type { SqlClient, SqlSession } from './sql-client.ts'
import { copyDifferent, removeMissing, stageTable, type TableStatements, tableName, tableStatements } from './table-sql.ts'

export interface MendTools {
  readonly client: SqlClient
  readonly schema: string
  readonly table: ProgressTable
  /** Names this process among those that may want to compare the same view: what it began and could not end, it may begin again. */
  readonly holder: string
}

/** Longer than any batch takes; a process that ended in the middle is waited for so long. */
const HOLD_SECONDS = 60

/**
 * Makes the table as the topic says: the topic's final state goes into a staging table, in bounded batches beside the live writes; then one
 * transaction deletes and writes what differs. Readers see the table before or after, never between.
 */
export async function mendTable(tools: MendTools, source: MendSource, signal: AbortSignal): Promise<MendReport> {
  const { client, schema, table, holder } = tools
  const { view, topic } = source
  // A name of its own: a process that was slow and lost the right to compare finds its table gone, never one of somebody else.
  const stage = `${stagePrefix(view.name)}${randomBytes(4).toString('hex')}`
  await hold(client, tools, source)
  try {
    await dropStages(client, schema, view.name)
    await client.query(stageTable(view, schema, stage))
    const statements = tableStatements(view, schema, stage)
    const staged: number[] = []
    for (let partition = 0; partition < topic.partitions; partition++) {
      const end = await source.end(partition)
      for await (const rows of source.read(partition, 0, end)) {
        signal.throwIfAborted()
        await hold(client, tools, source)
        await stageRows(client, statements, source, partition, rows)
      }
      staged.push(end)
    }
    return await replace(tools, source, stage, statements, staged)
  } finally {
    await cleanUp(client, schema, stage, () => table.endMend(client, view.name, holder))
  }
}

async function hold(session: SqlSession, { table, holder }: MendTools, { view }: MendSource): Promise<void> {
  if (await table.holdMend(session, view.name, holder, HOLD_SECONDS)) return
  throw mending(view.name)
}

function stageRows(
  client: SqlClient,
  statements: TableStatements,
  source: MendSource,
  partition: number,
  rows: readonly SinkRow[],
): Promise<void> {
  return splitRefused(
    rows,
    0,
    (part) => client.transaction((session) => writeStage(session, statements, source.view.name, part)),
    (row, reason) => source.refuse(row, partition, reason),
  )
}

async function writeStage(
  session: SqlSession,
  statements: TableStatements,
  view: string,
  rows: readonly SinkRow[],
): Promise<void> {
  const upserts = rows.flatMap(({ cells }) => (cells === null ? [] : [cells]))
  const removed = rows.flatMap(({ cells, keyCells }) => (cells === null ? [keyCells] : []))
  try {
    if (removed.length > 0) await session.query(statements.remove, statements.removeParameters(removed))
    if (upserts.length > 0) await session.query(statements.upsert, statements.upsertParameters(upserts))
  } catch (error) {
    throw rowError(view, error)
  }
}

/** Others may have written on meanwhile: what is beyond the staged ends is staged under the lock, and it is little. */
function replace(
  tools: MendTools,
  source: MendSource,
  stage: string,
  statements: TableStatements,
  staged: readonly number[],
): Promise<MendReport> {
  const { client, schema, table } = tools
  const { view, topic } = source
  return client.transaction(
    async (session) => {
      await hold(session, tools, source)
      const stored = await table.lockAll(session, view.name)
      const offsets = [...staged]
      for (const row of stored) {
        const from = offsets[row.partition]
        if (from === undefined || row.topicId !== topic.id || row.nextOffset <= from) continue
        // A log that was put back to an older state ends before what was once written from it.
        const to = Math.min(row.nextOffset, await source.end(row.partition))
        for await (const rows of source.read(row.partition, from, to)) {
          await writeStage(session, statements, view.name, rows)
        }
        offsets[row.partition] = to
      }
      const deleted = await session.query(removeMissing(view, schema, stage))
      const written = await session.query(copyDifferent(view, schema, stage))
      await table.setAll(session, view.name, topic, comparedUpTo(offsets, source), stored)
      return { written: written.rowCount ?? 0, deleted: deleted.rowCount ?? 0 }
    },
    // As large as the view: it takes as long as it takes.
    { timeoutMs: 0 },
  )
}

/** A hash, since Postgres cuts names off after 63 bytes. */
function stagePrefix(view: string): string {
  return `windrow_mend_${createHash('sha256').update(view).digest('hex').slice(0, 16)}_`
}

/** What a process that ended in the middle has left. */
async function dropStages(client: SqlClient, schema: string, view: string): Promise<void> {
  const { rows } = await client.query(
    `SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relkind = 'r' AND starts_with(c.relname::text, $2)`,
    [schema, stagePrefix(view)],
  )
  for (const [name] of rows) await client.query(`DROP TABLE IF EXISTS ${tableName(schema, String(name))}`)
}

/** After a failure the database may be away: then the right to compare ends by itself, and the next comparison drops what is left. */
async function cleanUp(client: SqlClient, schema: string, stage: string, endMend: () => Promise<void>): Promise<void> {
  for (const part of [() => client.query(`DROP TABLE IF EXISTS ${tableName(schema, stage)}`), endMend]) {
    try {
      await part()
    } catch (error) {
      if (!(error instanceof WindrowError)) throw error
    }
  }
}
