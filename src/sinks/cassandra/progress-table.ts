import { randomUUID } from 'node:crypto'
import { isWindrowError, WindrowError } from '../../core/errors.ts'
import type { Topic } from '../../log/port.ts'
import { type LastRecord, lastRecordText, parseLastRecord } from '../last-record.ts'
import { atBeginning } from '../partition-progress.ts'
import type { PartitionProgress, SinkTarget } from '../sink.ts'
import { fenced, mending } from './cassandra-errors.ts'
import { bigintBytes, intBytes, longBytes, textBytes } from './cell-bytes.ts'
import type { CqlRow, CqlSession } from './cql-session.ts'
import { quoteText, tableName } from './table-cql.ts'
import { writeTime } from './write-time.ts'

export const PROGRESS_TABLE = 'windrow_progress'

/** A process that ended while it compared a view, or made a table, is waited for so long. */
const HOLD_SECONDS = 60
export const RENEW_MS = 15_000

/** The topic of a table that was just made: it is as any topic says at offset 0. */
const FRESH = ''

/** How far one partition of a view topic has been written. */
export interface StoredPartition {
  readonly partition: number
  readonly leaseTopic: string | null
  readonly leaseEpoch: number
  readonly owner: number | null
  /** Of the rows and the offset; what an older epoch wrote says nothing any more. */
  readonly writtenEpoch: number | null
  readonly nextOffset: number
  readonly ageMs: number
}

export interface StoredView {
  /** Null where it is not known what the table was made from. */
  readonly topicId: string | null
  readonly epoch: number
  readonly isFresh: boolean
  /** Nobody else may write while the view is compared. */
  readonly isClosed: boolean
  readonly partitions: readonly StoredPartition[]
}

/** Whoever may write one partition. */
export interface Owner {
  readonly owner: number
  readonly epoch: number
}

/**
 * The statement that makes the table. What lightweight transactions decide and what is ranked by writeTime are columns of their own: Cassandra
 * would order the one by the clock and the other by the rank.
 */
export function progressTableCql(keyspace: string): string {
  return `CREATE TABLE IF NOT EXISTS ${tableName(keyspace, PROGRESS_TABLE)} (
    "view" text, partition int,
    topic_id text STATIC, epoch int STATIC, mender text STATIC, closed_by text STATIC,
    lease_topic text, lease_epoch bigint, owner bigint,
    written_epoch int, next_offset bigint, last_record text, updated_at timestamp,
    PRIMARY KEY ("view", partition))
    WITH comment = ${quoteText('How far each partition of a view topic has been written here, and by which owner. Kept by windrow.')}`
}

/** The table in which Cassandra itself keeps what its tables were made from, how far they are, and who may write. */
export class ProgressTable {
  private readonly session: CqlSession
  private readonly table: string
  /** By view: rights of ours that could not be given back. */
  private readonly left = new Map<string, Hold>()

  constructor(session: CqlSession) {
    this.session = session
    this.table = tableName(session.keyspace, PROGRESS_TABLE)
  }

  async read(view: string): Promise<StoredView> {
    const rows = await this.session.read(
      `SELECT topic_id, epoch, closed_by, partition, lease_topic, lease_epoch, owner, written_epoch, next_offset, updated_at, toTimestamp(now())
       FROM ${this.table} WHERE "view" = ?`,
      [textBytes(view)],
      { isSerial: true },
    )
    const [topicId, epoch, closedBy] = rows[0] ?? []
    return {
      topicId: typeof topicId === 'string' && topicId !== FRESH ? topicId : null,
      epoch: Number(epoch ?? 0),
      isFresh: topicId === FRESH,
      isClosed: closedBy !== null && closedBy !== undefined,
      partitions: rows.flatMap(storedPartition),
    }
  }

  /** What a topic is to be written to from offset 0. Does nothing when the table is not new any more. */
  async begin(view: string, topic: Topic, epoch: number): Promise<void> {
    // First how far it is: whoever sees the topic sees that too.
    await this.setAll(view, atBeginning(topic.partitions), epoch)
    await this.session.decide(
      `UPDATE ${this.table} SET topic_id = ? WHERE "view" = ? IF topic_id = ? AND epoch = ? AND mender = null`,
      [textBytes(topic.id), textBytes(view), textBytes(FRESH), intBytes(epoch)],
    )
  }

  /** Makes the caller the owner of a partition. False when something has changed since it was read. */
  async own(target: SinkTarget, before: StoredPartition, leaseEpoch: number, next: Owner): Promise<boolean> {
    const { view, topic, partition } = target
    return this.session.decide(
      `UPDATE ${this.table} SET lease_topic = ?, lease_epoch = ?, owner = ? WHERE "view" = ? AND partition = ?
       IF owner = ? AND topic_id = ? AND epoch = ? AND closed_by = null`,
      [
        textBytes(topic.id),
        longBytes(leaseEpoch),
        longBytes(next.owner),
        textBytes(view.name),
        intBytes(partition),
        before.owner === null ? null : longBytes(before.owner),
        textBytes(topic.id),
        intBytes(next.epoch),
      ],
    )
  }

  /** `raised`: by now rows are written at a higher epoch. */
  async look({ view, topic, partition }: SinkTarget, owner: Owner): Promise<'owned' | 'lost' | 'raised'> {
    const [row] = await this.session.read(
      `SELECT topic_id, epoch, closed_by, owner FROM ${this.table} WHERE "view" = ? AND partition = ?`,
      [textBytes(view.name), intBytes(partition)],
    )
    if (row === undefined) return 'lost'
    const [topicId, epoch, closedBy, stored] = row
    if (Number(epoch) > owner.epoch) return 'raised'
    const isOurs = topicId === topic.id && Number(epoch) === owner.epoch && closedBy === null && Number(stored) === owner.owner
    return isOurs ? 'owned' : 'lost'
  }

  /** Rejects with WR_FENCED when somebody else is the owner. */
  async check(target: SinkTarget, owner: Owner): Promise<void> {
    if ((await this.look(target, owner)) !== 'owned') throw fenced(target.view.name, target.partition)
  }

  /** One of the last records before the offset that is stored. */
  async lastRecord({ view, partition }: SinkTarget): Promise<LastRecord | null> {
    const [row] = await this.session.read(`SELECT last_record FROM ${this.table} WHERE "view" = ? AND partition = ?`, [
      textBytes(view.name),
      intBytes(partition),
    ])
    return parseLastRecord(row?.[0])
  }

  /** Stores how far a partition is; of several the furthest counts, whichever comes last. */
  async advance(view: string, partition: number, nextOffset: number, epoch: number, last: LastRecord | null): Promise<void> {
    await this.session.write([
      {
        query: `INSERT INTO ${this.table} ("view", partition, written_epoch, next_offset, last_record, updated_at) VALUES (?, ?, ?, ?, ?, toTimestamp(now())) USING TIMESTAMP ? AND TTL 0`,
        params: [
          textBytes(view),
          intBytes(partition),
          intBytes(epoch),
          longBytes(nextOffset),
          last === null ? null : textBytes(lastRecordText(last) as string),
          bigintBytes(writeTime(epoch, nextOffset)),
        ],
      },
    ])
  }

  async setAll(view: string, progress: readonly PartitionProgress[], epoch: number): Promise<void> {
    for (const [partition, { nextOffset, last }] of progress.entries())
      await this.advance(view, partition, nextOffset, epoch, last)
  }

  /** Takes the right to compare a view, or to make its table. Rejects with WR_SINK_MENDING while another has it. */
  async hold(view: string): Promise<Hold> {
    await this.giveBackLeft(view)
    const hold = new Hold(this.session, this.table, view)
    try {
      await hold.take()
    } catch (error) {
      // Its answer was lost, perhaps: without this, this process would wait for itself.
      if (!isWindrowError(error, 'WR_SINK_MENDING')) await this.release(hold)
      throw error
    }
    return hold
  }

  /** Where Cassandra is away, the right is given back when it is next asked for, or ends by itself. */
  async release(hold: Hold): Promise<void> {
    try {
      await hold.giveBack()
    } catch (error) {
      if (!(error instanceof WindrowError)) throw error
      this.left.set(hold.view, hold)
    }
  }

  /** Gives back what this process had of the view when Cassandra went away: else it would wait for itself. Rejects while that cannot be. */
  async giveBackLeft(view: string): Promise<void> {
    const hold = this.left.get(view)
    if (hold === undefined) return
    await hold.giveBack()
    if (this.left.get(view) === hold) this.left.delete(view)
  }

  /** Does something while nobody else may. */
  async alone(view: string, work: () => Promise<void>): Promise<void> {
    const hold = await this.hold(view)
    try {
      await work()
    } finally {
      await this.release(hold)
    }
  }

  /** What the table was made from is not known any more; `isFresh`: it was just made. Rows get an epoch above all that were before. */
  async forget(view: string, isFresh: boolean): Promise<void> {
    const { epoch } = await this.read(view)
    await this.session.decide(`UPDATE ${this.table} SET topic_id = ?, epoch = ? WHERE "view" = ? IF mender != null`, [
      isFresh ? textBytes(FRESH) : null,
      intBytes(epoch + 1),
      textBytes(view),
    ])
  }
}

/** The right of one process to compare a view. It ends by itself some time after the process. */
export class Hold {
  private readonly session: CqlSession
  private readonly table: string
  readonly view: string
  private readonly holder = textBytes(randomUUID())
  private isClosed = false

  constructor(session: CqlSession, table: string, view: string) {
    this.session = session
    this.table = table
    this.view = view
  }

  async take(): Promise<void> {
    const taken = await this.session.decide(
      `UPDATE ${this.table} USING TTL ${HOLD_SECONDS} SET mender = ? WHERE "view" = ? IF mender = null`,
      [this.holder, textBytes(this.view)],
    )
    if (!taken) throw mending(this.view)
  }

  /** From now on nobody else writes the view. */
  async closeView(): Promise<void> {
    this.isClosed = true
    await this.renew()
  }

  /** Rejects with WR_SINK_MENDING when another took it meanwhile. */
  async renew(): Promise<void> {
    const renewed = await this.session.decide(
      `UPDATE ${this.table} USING TTL ${HOLD_SECONDS} SET mender = ?, closed_by = ? WHERE "view" = ? IF mender = ?`,
      [this.holder, this.isClosed ? this.holder : null, textBytes(this.view), this.holder],
    )
    if (!renewed) throw mending(this.view)
  }

  /** The table is made from this topic, at this epoch. */
  async raise(topic: Topic, epoch: number): Promise<void> {
    const raised = await this.session.decide(`UPDATE ${this.table} SET topic_id = ?, epoch = ? WHERE "view" = ? IF mender = ?`, [
      textBytes(topic.id),
      intBytes(epoch),
      textBytes(this.view),
      this.holder,
    ])
    if (!raised) throw mending(this.view)
  }

  /** Who had a partition last is forgotten: a log that was put back to an older state counts its leases from there. */
  async forgetLeases(partitions: number): Promise<void> {
    for (let partition = 0; partition < partitions; partition++) {
      const forgotten = await this.session.decide(
        `UPDATE ${this.table} SET lease_epoch = ? WHERE "view" = ? AND partition = ? IF mender = ?`,
        [longBytes(0), textBytes(this.view), intBytes(partition), this.holder],
      )
      if (!forgotten) throw mending(this.view)
    }
  }

  /** Does nothing where another has it by now. */
  async giveBack(): Promise<void> {
    await this.session.decide(`UPDATE ${this.table} SET mender = null, closed_by = null WHERE "view" = ? IF mender = ?`, [
      textBytes(this.view),
      this.holder,
    ])
  }
}

function storedPartition(row: CqlRow): StoredPartition[] {
  const [, , , partition, leaseTopic, leaseEpoch, owner, writtenEpoch, nextOffset, updatedAt, now] = row
  // A view of which only the columns of the whole are there.
  if (partition === null || partition === undefined) return []
  return [
    {
      partition: partition as number,
      leaseTopic: (leaseTopic as string | null) ?? null,
      leaseEpoch: Number((leaseEpoch as bigint | null) ?? 0n),
      owner: owner === null || owner === undefined ? null : Number(owner),
      writtenEpoch: (writtenEpoch as number | null) ?? null,
      nextOffset: Number((nextOffset as bigint | null) ?? 0n),
      ageMs: updatedAt === null || updatedAt === undefined ? 0 : (now as Date).getTime() - (updatedAt as Date).getTime(),
    },
  ]
}
