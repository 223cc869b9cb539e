import type { EventType } from '../../../events/event-type.ts'
import { type LakeSession, sqlName, sqlText } from '../lake-database.ts'
import { NOTHING, type Written } from '../lake-layer.ts'
import type { Day } from './day-files.ts'
import { after, before, type DayWriter, hasAll } from './day-writer.ts'
import { OFFSET, readingColumns, readingsSql, type StagedTables } from './reading-columns.ts'

export interface SilverOptions {
  readonly event: EventType
  readonly topicId: string
  readonly writer: DayWriter
  readonly tables: StagedTables
}

/**
 * Makes a day's file the best of itself and of what waits before `ends`. The order in which readings come, and how often, makes no difference.
 */
export async function mergeIntoSilver(
  { event, topicId, writer, tables }: SilverOptions,
  session: LakeSession,
  day: Day,
  ends: readonly number[],
): Promise<Written> {
  const last = await writer.lastNote(session, day)
  if (last !== null && hasAll(last.note.next, ends)) return NOTHING
  const next = ends.map((end, partition) => Math.max(end, last?.note.next[partition] ?? 0))
  const condition = `${after(day, last?.note.next ?? [])} AND ${before(ends)}`
  const fresh = readingsSql(event, tables, condition)
  if (last !== null) {
    const [count] = await session.rows(`SELECT count(*) FROM ${tables.rows} s WHERE ${condition}`)
    if (Number(count?.[0]) === 0) return NOTHING
  }
  const write = async (old: readonly string[]): Promise<Written> => {
    const query = bestOf(event, [...old, fresh])
    const note = { topicId, next, closed: false, rows: 0 }
    return writer.replace(session, day, last?.file.part ?? 0, query, note, last?.file ?? null)
  }
  if (last === null) return write([])
  return writer.fetched(session, last.file, ({ path }) => write([`SELECT * FROM read_parquet(${sqlText(path)})`]))
}

/** One row an identity: that of the highest revision, of equal ones the last in the log. A key is in one partition only. */
function bestOf(event: EventType, queries: readonly string[]): string {
  const names = readingColumns(event)
    .map(({ name }) => sqlName(name))
    .join(', ')
  const identity = [event.keyField, ...event.subKeyFields, 'timestamp'].map(sqlName).join(', ')
  return `SELECT ${names}, * EXCLUDE (${names}) FROM (${queries.join(' UNION ALL BY NAME ')})
    QUALIFY row_number() OVER (PARTITION BY ${identity} ORDER BY revised_at DESC NULLS LAST, ${OFFSET} DESC) = 1
    ORDER BY ${identity}`
}
