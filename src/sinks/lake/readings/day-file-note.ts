import { isWindrowError, WindrowError } from '../../../core/errors.ts'
import { type LakeSession, sqlText } from '../lake-database.ts'

/** What a file of readings says of itself, in its Parquet metadata. */
export interface DayFileNote {
  readonly topicId: string
  /** By partition: all of the day before these offsets is in this file and the parts before it, and nothing after them. */
  readonly next: readonly number[]
  /** It is never written anew: what comes later is in the part after it. */
  readonly closed: boolean
  readonly rows: number
}

/** The key in the metadata. */
const KEY = 'windrow'

export function noteSql(note: DayFileNote): string {
  return `KV_METADATA {${KEY}: ${sqlText(JSON.stringify(note))}}`
}

/** Of a local copy; `name`: of the file in the lake, for messages. */
export async function readNote(session: LakeSession, path: string, name: string): Promise<DayFileNote> {
  try {
    const rows = await session.rows(
      `SELECT decode(value) FROM parquet_kv_metadata(${sqlText(path)}) WHERE decode(key) = '${KEY}'`,
    )
    const note = JSON.parse(String(rows[0]?.[0] ?? 'null')) as Partial<DayFileNote> | null
    if (note !== null && typeof note.topicId === 'string' && Array.isArray(note.next)) {
      return { topicId: note.topicId, next: note.next, closed: note.closed === true, rows: note.rows ?? 0 }
    }
  } catch (error) {
    if (!isWindrowError(error, 'WR_LAKE_FILE')) throw error
    throw notOurs(name, error)
  }
  throw notOurs(name)
}

function notOurs(name: string, cause?: unknown): WindrowError {
  return new WindrowError('WR_LAKE_FILE', {
    message: `${name} was not written by windrow, or is broken`,
    remedy: 'Move it out of the lake, or put it back from a copy.',
    facts: { name },
    cause,
    kind: 'usage',
  })
}
