import { isWindrowError } from '../../core/errors.ts'
import type { Topic } from '../../log/port.ts'
import { type LastRecord, lastRecordText, parseLastRecord } from '../last-record.ts'
import type { PartitionProgress, SinkTarget } from '../sink.ts'
import type { InfluxClient } from './influx-client.ts'
import type { InfluxTable } from './influx-tables.ts'
import { escapeTag, quoteField, quoteName, quoteText } from './line-text.ts'

export interface StoredProgress extends PartitionProgress {
  readonly partition: number
  readonly topicId: string
  readonly leaseEpoch: number
  readonly epoch: number
  /** By the clock of whoever wrote it, milliseconds since the epoch. */
  readonly updatedAt: number
}

interface Mender {
  readonly holder: string
  /** Nobody else may write the view. */
  readonly isAlone: boolean
}

const PROGRESS = 'windrow_progress'
const MENDS = 'windrow_mends'
/** The same for all, so that each is overwritten. */
const AT = 0

/**
 * How far each view is written and by whom, as points of the same bucket. A claim writes the epochs and a batch the offsets, which are fields of
 * their own: who has lost a partition without knowing it does not bring back its epoch.
 */
export class ProgressPoints {
  private readonly client: InfluxClient
  private readonly now: () => number

  constructor(client: InfluxClient, now: () => number) {
    this.client = client
    this.now = now
  }

  /** By partition. */
  async read(view: string): Promise<StoredProgress[]> {
    const found: StoredProgress[] = []
    for await (const table of this.client.query([
      `SELECT * FROM ${quoteName(PROGRESS)} WHERE "view"=${quoteText(view)} GROUP BY "partition"`,
    ])) {
      const stored = storedProgress(table)
      if (stored !== null) found.push(stored)
    }
    return found.sort((a, b) => a.partition - b.partition)
  }

  /** The same, and nothing where there is no bucket yet, or none that the token may read. */
  async readIfAny(view: string): Promise<StoredProgress[]> {
    try {
      return await this.read(view)
    } catch (error) {
      if (isWindrowError(error, 'WR_INFLUX_FORBIDDEN') && error.facts.isMissing === true) return []
      throw error
    }
  }

  /** 0 where there is none. */
  async epoch(view: string, partition: number): Promise<number> {
    const where = `"view"=${quoteText(view)} AND "partition"='${partition}'`
    for await (const { values } of this.client.query([`SELECT "epoch" FROM ${quoteName(PROGRESS)} WHERE ${where}`])) {
      const epoch = values[0]?.[1]
      if (typeof epoch === 'number') return epoch
    }
    return 0
  }

  claim({ view, partition }: SinkTarget, epoch: number, leaseEpoch: number): Promise<void> {
    return this.client.write([`${this.head(view.name, partition)} epoch=${epoch}i,lease_epoch=${leaseEpoch}i ${AT}`])
  }

  advance({ view, topic, partition }: SinkTarget, nextOffset: number, last: LastRecord | null): Promise<void> {
    return this.client.write([`${this.head(view.name, partition)} ${this.offsets(topic, nextOffset, last)} ${AT}`])
  }

  /** Ends all claims of a view. `stored` is what `read` gave. */
  async endClaims(view: string, partitions: number, stored: readonly StoredProgress[]): Promise<void> {
    const epoch = Math.max(0, ...stored.map((each) => each.epoch)) + 1
    const numbers = new Set([...stored.map(({ partition }) => partition), ...Array.from({ length: partitions }, (_, i) => i)])
    await this.client.write([...numbers].map((partition) => `${this.head(view, partition)} epoch=${epoch}i,lease_epoch=0i ${AT}`))
  }

  /** Sets the progress of every partition, and leaves none of others. */
  async setAll(
    view: string,
    topic: Topic,
    progress: readonly PartitionProgress[],
    stored: readonly StoredProgress[],
  ): Promise<void> {
    await this.client.write(
      progress.map(
        ({ nextOffset, last }, partition) => `${this.head(view, partition)} ${this.offsets(topic, nextOffset, last)} ${AT}`,
      ),
    )
    for (const { partition } of stored) if (partition >= progress.length) await this.forget(view, partition)
  }

  private async forget(view: string, partition: number): Promise<void> {
    const tags = [['view', view] as const, ['partition', String(partition)] as const]
    await this.client.remove({ measurement: PROGRESS, tags, from: AT, to: AT })
  }

  /** Best effort between processes: true when `mender` may compare the view for the next `holdMs`; false while another holder does. */
  async holdMend(view: string, mender: Mender, holdMs: number): Promise<boolean> {
    const { holder } = mender
    const before = await this.mender(view)
    if (before !== null && before.holder !== holder && before.until > this.now()) return false
    await this.writeMend(view, mender, this.now() + holdMs)
    // Of two that found it free at the same time, the one that wrote last has it.
    return (await this.mender(view))?.holder === holder
  }

  async endMend(view: string, holder: string): Promise<void> {
    if ((await this.mender(view))?.holder === holder) await this.writeMend(view, { holder, isAlone: false }, 0)
  }

  /** Whether another than `holder` compares the view, and has it for itself. */
  async isHeld(view: string, holder: string): Promise<boolean> {
    const mender = await this.mender(view)
    return mender !== null && mender.holder !== holder && mender.isAlone && mender.until > this.now()
  }

  private async mender(view: string): Promise<(Mender & { readonly until: number }) | null> {
    const statement = `SELECT "holder","until","alone" FROM ${quoteName(MENDS)} WHERE "view"=${quoteText(view)}`
    for await (const { values } of this.client.query([statement])) {
      const [, holder, until, alone] = values[0] ?? []
      if (typeof holder === 'string' && typeof until === 'number') return { holder, until, isAlone: alone === true }
    }
    return null
  }

  private writeMend(view: string, { holder, isAlone }: Mender, until: number): Promise<void> {
    const fields = `holder=${quoteField(holder)},until=${until}i,alone=${isAlone}`
    return this.client.write([`${MENDS},view=${escapeTag(view)} ${fields} ${AT}`])
  }

  private head(view: string, partition: number): string {
    return `${PROGRESS},partition=${partition},view=${escapeTag(view)}`
  }

  private offsets(topic: Topic, nextOffset: number, last: LastRecord | null): string {
    // A field that is left out would keep what it had.
    const record = quoteField(lastRecordText(last) ?? '')
    return `topic_id=${quoteField(topic.id)},next_offset=${nextOffset}i,last_record=${record},updated_at=${this.now()}i`
  }
}

function storedProgress({ tags, columns, values: [row = []] }: InfluxTable): StoredProgress | null {
  const field = (name: string): unknown => row[columns.indexOf(name)] ?? null
  const [topicId, nextOffset, updatedAt] = [field('topic_id'), field('next_offset'), field('updated_at')]
  // A claim alone, as a torn first write leaves it, is no progress.
  if (typeof topicId !== 'string' || typeof nextOffset !== 'number' || typeof updatedAt !== 'number') return null
  const number = (name: string): number => Number(field(name) ?? 0)
  return {
    partition: Number(tags.partition),
    topicId,
    nextOffset,
    leaseEpoch: number('lease_epoch'),
    epoch: number('epoch'),
    updatedAt,
    last: parseLastRecord(field('last_record')),
  }
}
