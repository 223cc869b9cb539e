import type { Topic } from '../../log/port.ts'
import type { Cell, View } from '../../views/view.ts'
import type { MendReport, MendSource, Sink, SinkBatch, SinkClaim, SinkTarget } from '../sink.ts'
import { fenced, isMissing, mending } from './cassandra-errors.ts'
import type { CassandraOptions } from './cassandra-options.ts'
import type { CqlSession } from './cql-session.ts'
import { driverSession } from './driver-session.ts'
import { Limiter } from './limiter.ts'
import { mendTable } from './mend-table.ts'
import { prepareTables } from './prepare-tables.ts'
import { type Owner, ProgressTable, type StoredView } from './progress-table.ts'
import { readRows } from './read-rows.ts'
import { RowWriter } from './row-writer.ts'

/** Requests under way at a time, of all partitions of all views together. */
const REQUESTS = 32
/** So often a claim is tried anew when others change things at the same time. */
const CLAIM_TRIES = 10

const UNKNOWN: SinkClaim = { epoch: 0, progress: null }

/**
 * Holds views as tables of Cassandra. Every write carries the rank of its record as its TIMESTAMP, so that the later record wins, whatever order
 * writes arrive in, however often, and from whom.
 */
export function cassandraSink(options: CassandraOptions): Sink {
  return sinkOver(driverSession(options), options.replication)
}

/** The sink over a session, which it closes. */
export function sinkOver(session: CqlSession, replication: readonly string[]): Sink {
  return new CassandraSink(session, replication)
}

class CassandraSink implements Sink {
  readonly name = 'cassandra'
  readonly store = 'cassandra'
  readonly isFenced = true
  private readonly session: CqlSession
  private readonly replication: readonly string[]
  private readonly table: ProgressTable
  private readonly limiter = new Limiter(REQUESTS)
  private readonly writer: RowWriter
  private readonly owners = new Map<string, Owner>()

  constructor(session: CqlSession, replication: readonly string[]) {
    this.session = session
    this.replication = replication
    this.table = new ProgressTable(session)
    this.writer = new RowWriter(session, this.limiter)
  }

  async open(views: readonly View[]): Promise<void> {
    await prepareTables(this.session, views, { replication: this.replication, progress: this.table })
  }

  async claim(target: SinkTarget, leaseEpoch: number): Promise<SinkClaim> {
    await this.table.giveBackLeft(target.view.name)
    for (let tries = 0; tries < CLAIM_TRIES; tries++) {
      const stored = await this.table.read(target.view.name)
      if (stored.isFresh) await this.table.begin(target.view.name, target.topic, stored.epoch)
      else {
        const claim = await this.claimOf(target, leaseEpoch, stored)
        if (claim !== null) return claim
      }
    }
    throw mending(target.view.name)
  }

  async progress(view: View, topic: Topic): Promise<readonly number[]> {
    const offsets = new Array<number>(topic.partitions).fill(0)
    // Who only asks has made no tables.
    const stored = await this.table.read(view.name).catch((error: unknown) => {
      if (isMissing(error)) return null
      throw error
    })
    if (stored?.topicId !== topic.id) return offsets
    const { epoch, partitions } = stored
    for (const { partition, writtenEpoch, nextOffset } of partitions) {
      if (writtenEpoch === epoch && partition < offsets.length) offsets[partition] = nextOffset
    }
    return offsets
  }

  async apply({ target, epoch, rows, nextOffset, last }: SinkBatch): Promise<void> {
    const { view, partition } = target
    const owner = this.owners.get(ownerKey(target))
    if (owner === undefined || owner.owner !== epoch) throw fenced(view.name, partition)
    await this.table.check(target, owner)
    if (rows.length > 0) await this.writer.write(view, owner.epoch, rows)
    const [found] = await Promise.all([
      rows.length === 0 ? 'owned' : this.table.look(target, owner),
      this.table.advance(view.name, partition, nextOffset, owner.epoch, last),
    ])
    if (found === 'owned') return
    // The table is another topic's by now: a row that the topic does not have would stand for ever.
    if (found === 'raised') await this.writer.takeBack(view, owner.epoch, rows)
    throw fenced(view.name, partition)
  }

  mend(source: MendSource, signal: AbortSignal): Promise<MendReport> {
    const { session, table, writer } = this
    return mendTable({ session, table, writer }, source, signal)
  }

  rows(view: View): AsyncIterable<ReadonlyArray<readonly Cell[]>> {
    return readRows(this.session, view)
  }

  describe(): string {
    return this.session.describe()
  }

  close(): Promise<void> {
    return this.session.close()
  }

  /** Null when something changed meanwhile. */
  private async claimOf(target: SinkTarget, leaseEpoch: number, stored: StoredView): Promise<SinkClaim | null> {
    const { view, topic, partition } = target
    const { topicId, epoch } = stored
    const own = stored.partitions.find((row) => row.partition === partition)
    // Who waits for the comparison is told so: to find nothing would make it compare everything once more.
    if (stored.isClosed) throw mending(view.name)
    if (topicId === null) return UNKNOWN
    if (topicId !== topic.id) {
      return { epoch: 0, progress: { topicId, nextOffset: own?.nextOffset ?? 0, ageMs: own?.ageMs ?? 0, last: null } }
    }
    if (own === undefined || own.writtenEpoch !== epoch) return UNKNOWN
    if (own.leaseTopic === topic.id && own.leaseEpoch > leaseEpoch) throw fenced(view.name, partition)
    const next = { owner: (own.owner ?? 0) + 1, epoch }
    if (!(await this.table.own(target, own, leaseEpoch, next))) return null
    this.owners.set(ownerKey(target), next)
    const last = await this.table.lastRecord(target)
    return { epoch: next.owner, progress: { topicId, nextOffset: own.nextOffset, ageMs: own.ageMs, last } }
  }
}

function ownerKey({ view, topic, partition }: SinkTarget): string {
  return `${view.name}/${topic.id}/${partition}`
}
