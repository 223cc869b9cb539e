import type { EventType } from '../../../events/event-type.ts'
import { type LakeSession, sqlName, sqlText } from '../lake-database.ts'
import { NOTHING, type Written } from '../lake-layer.ts'
import type { Day, PartFile } from './day-files.ts'
import { after, before, type DayWriter, hasAll } from './day-writer.ts'
import { faultsSql, readingColumns, readingsSql, type StagedTables, withoutFault } from './reading-columns.ts'

export interface BronzeOptions {
  readonly event: EventType
  readonly topicId: string
  readonly writer: DayWriter
  readonly tables: StagedTables
  readonly fileRows: number
  readonly fileBytes: number
}

interface Last {
  readonly file: PartFile
  readonly next: readonly number[]
  readonly closed: boolean
  readonly rows: number
}

/** Before anything is known of how small a topic's rows become. */
const ROW_BYTES = 40
const TOO_FEW_TO_TELL = 1_000

/**
 * Adds what waits of a day to its files: all records before `ends`, each once, however often it is tried and wherever a try before ended. A
 * part that has its size says so itself, in the same write: so nobody who comes later, or wakes up late, can take the other decision.
 */
export async function addToBronze(
  options: BronzeOptions,
  session: LakeSession,
  day: Day,
  ends: readonly number[],
): Promise<Written> {
  const { writer, topicId, event, tables } = options
  let written = NOTHING
  for (;;) {
    const last = await lastOf(writer, session, day)
    if (last !== null && hasAll(last.next, ends)) return written
    const next = ends.map((_, partition) => last?.next[partition] ?? 0)
    // One who had the lake before may have come further than this read by now.
    const goal = ends.map((end, partition) => Math.max(end, next[partition] ?? 0))
    const missing = await countMissing(options, session, `${after(day, next)} AND ${before(goal)}`)
    const total = missing.reduce((sum, { rows }) => sum + rows, 0)
    if (total === 0) return written
    const growing = last !== null && !last.closed ? last : null
    const room = Math.max(1, mostRows(options, last) - (growing?.rows ?? 0))
    const upTo = total <= room ? goal : await cut(options, session, day, next, missing, room)
    const added = Math.min(total, room)
    const rows = (growing?.rows ?? 0) + added
    const note = { topicId, next: upTo, closed: rows >= mostRows(options, last) || added < total, rows }
    const condition = `${after(day, next)} AND ${before(upTo)}`
    const fresh = [
      `SELECT *, ${withoutFault} FROM (${readingsSql(event, tables, condition)})`,
      faultsSql(event, tables, condition),
    ]
    const part = growing?.file.part ?? (last === null ? 0 : last.file.part + 1)
    const write = (old: readonly string[]) =>
      writer.replace(session, day, part, allOf(event, [...old, ...fresh]), note, growing?.file ?? null)
    const one =
      growing === null
        ? await write([])
        : await writer.fetched(session, growing.file, ({ path }) => write([`SELECT * FROM read_parquet(${sqlText(path)})`]))
    written = { rows: written.rows + added, files: written.files + 1, bytes: written.bytes + one.bytes }
  }
}

async function lastOf(writer: DayWriter, session: LakeSession, day: Day): Promise<Last | null> {
  const last = await writer.lastNote(session, day)
  return last === null ? null : { file: last.file, ...last.note }
}

/** Those of the event first, in their order; then what older versions had more. */
function allOf(event: EventType, queries: readonly string[]): string {
  const names = [...readingColumns(event).map(({ name }) => name), 'problem', 'raw'].map(sqlName).join(', ')
  return `SELECT ${names}, * EXCLUDE (${names}) FROM (${queries.join(' UNION ALL BY NAME ')})`
}

function mostRows({ fileRows, fileBytes }: BronzeOptions, last: Last | null): number {
  const rowBytes = last === null || last.rows < TOO_FEW_TO_TELL ? ROW_BYTES : last.file.bytes / last.rows
  return Math.max(1, Math.min(fileRows, Math.ceil(fileBytes / rowBytes)))
}

interface Missing {
  readonly partition: number
  readonly rows: number
}

async function countMissing({ tables }: BronzeOptions, session: LakeSession, condition: string): Promise<readonly Missing[]> {
  const found = await session.rows(`SELECT part, count(*) FROM (${standing(tables, condition)}) GROUP BY part ORDER BY part`)
  return found.map(([partition, rows]) => ({ partition: Number(partition), rows: Number(rows) }))
}

/** Up to where the first `room` rows go, in the order of partition and offset. */
async function cut(
  { tables }: BronzeOptions,
  session: LakeSession,
  day: Day,
  next: readonly number[],
  missing: readonly Missing[],
  room: number,
): Promise<readonly number[]> {
  const upTo = [...next]
  let left = room
  for (const { partition, rows } of missing) {
    const condition = `${after(day, next)} AND s.part = ${partition}`
    const skip = Math.min(left, rows) - 1
    if (skip < 0) break
    const found = await session.rows(`SELECT off FROM (${standing(tables, condition)}) ORDER BY off LIMIT 1 OFFSET ${skip}`)
    upTo[partition] = Number(found[0]?.[0]) + 1
    left -= skip + 1
  }
  return upTo
}

function standing(tables: StagedTables, condition: string): string {
  const of = (table: string): string =>
    `SELECT CAST(s.part AS BIGINT) AS part, CAST(s.off AS BIGINT) AS off FROM ${table} s WHERE ${condition}`
  return `${of(tables.rows)} UNION ALL ${of(tables.faults)}`
}
