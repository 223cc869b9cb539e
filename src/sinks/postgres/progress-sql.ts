import type { Topic } from '../../log/port.ts'
import { lastRecordText, parseLastRecord } from '../last-record.ts'
import { atBeginning } from '../partition-progress.ts'
import type { PartitionProgress, SinkBatch, SinkClaim, SinkProgress, SinkTarget } from '../sink.ts'
import { fenced } from './postgres-errors.ts'
import type { SqlSession, SqlValue } from './sql-client.ts'
import { sqlStateOf } from './sql-errors.ts'
import { tableName } from './table-sql.ts'
import { MARK_AS_SINK } from './writer-setting.ts'

const UNDEFINED_TABLE = '42P01'

interface StoredProgress extends PartitionProgress {
  readonly partition: number
  readonly topicId: string
  readonly leaseEpoch: number
  readonly ownerEpoch: number
  readonly ageMs: number
}

/** Those that every version of the table has. */
const COLUMNS = `"partition", "topic_id", "next_offset", "lease_epoch", "owner_epoch",
  (extract(epoch FROM clock_timestamp() - "updated_at") * 1000)::float8`

/** Reads and writes the table in which Postgres itself keeps how far it is and who may write. Every call is part of a transaction of the caller. */
export class ProgressTable {
  private readonly table: string
  private readonly mends: string

  constructor(schema: string) {
    this.table = tableName(schema, 'windrow_progress')
    this.mends = tableName(schema, 'windrow_mends')
  }

  /** The rows of a view, locked in the order of the partitions until the transaction ends. */
  async lockAll(session: SqlSession, view: string): Promise<StoredProgress[]> {
    const { rows } = await session.query(
      `SELECT ${COLUMNS}, "last_record" FROM ${this.table} WHERE "view" = $1 ORDER BY "partition" FOR UPDATE`,
      [view],
    )
    return rows.map(storedProgress)
  }

  /** Without the last records, also of a table that an older version made. Nothing where windrow has never been at work. */
  async readIfThere(session: SqlSession, view: string): Promise<StoredProgress[]> {
    try {
      const { rows } = await session.query(`SELECT ${COLUMNS} FROM ${this.table} WHERE "view" = $1`, [view])
      return rows.map(storedProgress)
    } catch (error) {
      if (sqlStateOf(error) === UNDEFINED_TABLE) return []
      throw error
    }
  }

  /** Makes the caller the owner. `isEmpty` is asked only where nothing is stored of the view: an empty table is as its topic says at offset 0. */
  async claim(session: SqlSession, target: SinkTarget, leaseEpoch: number, isEmpty: () => Promise<boolean>): Promise<SinkClaim> {
    const { view, topic, partition } = target
    let stored = await this.lockAll(session, view.name)
    if (stored.length === 0) {
      if (!(await isEmpty())) return { epoch: 0, progress: null }
      await this.setAll(session, view.name, topic, atBeginning(topic.partitions), stored)
      stored = await this.lockAll(session, view.name)
    }
    const own = stored.find((row) => row.partition === partition)
    if (own === undefined) return { epoch: 0, progress: null }
    if (own.topicId === topic.id && own.leaseEpoch > leaseEpoch) throw fenced(view.name, partition)
    const epoch = own.ownerEpoch + 1
    await session.query(
      `UPDATE ${this.table} SET "owner_epoch" = $3, "lease_epoch" = $4 WHERE "view" = $1 AND "partition" = $2`,
      [view.name, partition, epoch, own.topicId === topic.id ? leaseEpoch : own.leaseEpoch],
    )
    const progress: SinkProgress = { topicId: own.topicId, nextOffset: own.nextOffset, ageMs: own.ageMs, last: own.last }
    return { epoch, progress }
  }

  /**
   * Locks the row, compares the owner, stores the progress, and marks the transaction as the sink's. Rejects with WR_FENCED when somebody else is the owner, and when the
   * progress would go back, as it would by a batch that is carried out again.
   */
  async advance(session: SqlSession, { target, epoch, nextOffset, last }: Omit<SinkBatch, 'rows'>): Promise<void> {
    const { view, topic, partition } = target
    const { rowCount } = await session.query(
      `UPDATE ${this.table} SET "next_offset" = $5, "last_record" = $6, "updated_at" = clock_timestamp()
       WHERE "view" = $1 AND "partition" = $2 AND "topic_id" = $3 AND "owner_epoch" = $4 AND "next_offset" <= $5
       RETURNING ${MARK_AS_SINK}`,
      [view.name, partition, topic.id, epoch, nextOffset, lastRecordText(last)],
    )
    if (rowCount !== 1) throw fenced(view.name, partition)
  }

  /** Sets the progress of every partition and ends all claims. `stored` is what `lockAll` gave. */
  async setAll(
    session: SqlSession,
    view: string,
    topic: Topic,
    progress: readonly PartitionProgress[],
    stored: readonly StoredProgress[],
  ): Promise<void> {
    const epoch = Math.max(0, ...stored.map((row) => row.ownerEpoch)) + 1
    for (const [partition, { nextOffset, last }] of progress.entries()) {
      // In place: a claim that waits for these rows would not see others that took their place.
      await session.query(
        `INSERT INTO ${this.table} ("view", "partition", "topic_id", "next_offset", "lease_epoch", "owner_epoch", "updated_at", "last_record")
         VALUES ($1, $2, $3, $4, 0, $5, clock_timestamp(), $6)
         ON CONFLICT ("view", "partition") DO UPDATE SET "topic_id" = EXCLUDED."topic_id", "next_offset" = EXCLUDED."next_offset",
           "lease_epoch" = EXCLUDED."lease_epoch", "owner_epoch" = EXCLUDED."owner_epoch", "updated_at" = EXCLUDED."updated_at",
           "last_record" = EXCLUDED."last_record"`,
        [view, partition, topic.id, nextOffset, epoch, lastRecordText(last)],
      )
    }
    await session.query(`DELETE FROM ${this.table} WHERE "view" = $1 AND "partition" >= $2`, [view, progress.length])
  }

  /**
   * True when `holder` may compare the view for the next `seconds`, and the transaction is marked as the sink's; false while another
   * holder does.
   */
  async holdMend(session: SqlSession, view: string, holder: string, seconds: number): Promise<boolean> {
    const { rowCount } = await session.query(
      `INSERT INTO ${this.mends} AS m ("view", "holder", "until")
       VALUES ($1, $2, clock_timestamp() + make_interval(secs => $3::float8))
       ON CONFLICT ("view") DO UPDATE SET "holder" = EXCLUDED."holder", "until" = EXCLUDED."until"
       WHERE m."holder" = EXCLUDED."holder" OR m."until" < clock_timestamp()
       RETURNING ${MARK_AS_SINK}`,
      [view, holder, seconds],
    )
    return rowCount === 1
  }

  async endMend(session: SqlSession, view: string, holder: string): Promise<void> {
    await session.query(`DELETE FROM ${this.mends} WHERE "view" = $1 AND "holder" = $2`, [view, holder])
  }
}

function storedProgress(cells: readonly SqlValue[]): StoredProgress {
  const [partition, topicId, nextOffset, leaseEpoch, ownerEpoch, ageMs, last] = cells
  return {
    partition: partition as number,
    topicId: topicId as string,
    nextOffset: nextOffset as number,
    leaseEpoch: leaseEpoch as number,
    ownerEpoch: ownerEpoch as number,
    ageMs: ageMs as number,
    last: parseLastRecord(last),
  }
}
