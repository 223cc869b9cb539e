import { WindrowError } from '../../core/errors.ts'
import type { FinalRows } from '../final-rows.ts'
import { lastRecordText } from '../last-record.ts'
import { comparedUpTo } from '../partition-progress.ts'
import type { MendReport, MendSource, PartitionProgress } from '../sink.ts'
import { compareRows, removeExtras } from './compare-table.ts'
import type { CqlSession } from './cql-session.ts'
import { type Hold, type ProgressTable, RENEW_MS, type StoredView } from './progress-table.ts'
import type { RowWriter } from './row-writer.ts'

export interface MendTools {
  readonly session: CqlSession
  readonly table: ProgressTable
  readonly writer: RowWriter
}

/** What one comparison of the whole table knows and finds. */
export interface Pass {
  readonly tools: MendTools
  readonly source: MendSource
  readonly final: FinalRows
  readonly epoch: number
  /** Every row is written at the epoch; else those that differ. */
  readonly writesAll: boolean
  /** Rejects when the right to compare was lost. */
  readonly goOn: () => void
  written: number
  deleted: number
  /** The least epoch that is above all that was met; above `epoch` where that was not high enough. */
  leastEpoch: number
}

/**
 * Makes the table as the topic says. The view is closed to all who write it once its topic has been read. Where the table was made from another topic,
 * or holds what ranks above its records, the epoch is raised and every row is written anew: so whatever was of an older epoch, and comes late, loses.
 */
export async function mendTable(tools: MendTools, source: MendSource, signal: AbortSignal): Promise<MendReport> {
  const { table } = tools
  const { view, topic } = source
  const hold = await table.hold(view.name)
  const beat = keepAlive(hold)
  let final: FinalRows | null = null
  try {
    final = await source.finalRows()
    beat.check()
    await hold.closeView()
    await final.catchUp()
    const stored = await table.read(view.name)
    let { epoch, writesAll } = start(stored, topic.id, final.ends)
    if (epoch !== stored.epoch) await hold.raise(topic, epoch)
    const report = { written: 0, deleted: 0 }
    const goOn = (): void => {
      signal.throwIfAborted()
      beat.check()
    }
    for (;;) {
      const pass: Pass = { tools, source, final, epoch, writesAll, goOn, written: 0, deleted: 0, leastEpoch: epoch }
      await compareRows(pass)
      await removeExtras(pass)
      report.written += pass.written
      report.deleted += pass.deleted
      if (pass.leastEpoch === epoch) {
        await hold.forgetLeases(topic.partitions)
        await table.setAll(view.name, await progressAfter(pass, stored), epoch)
        return report
      }
      epoch = pass.leastEpoch
      writesAll = true
      await hold.raise(topic, epoch)
    }
  } finally {
    beat.stop()
    await final?.close()
    await table.release(hold)
  }
}

function start(stored: StoredView, topicId: string, ends: readonly number[]): { epoch: number; writesAll: boolean } {
  const of = (partition: number) => stored.partitions.find((row) => row.partition === partition)
  const isAhead = stored.partitions.some(
    ({ partition, writtenEpoch, nextOffset }) => writtenEpoch === stored.epoch && nextOffset > (ends[partition] ?? nextOffset),
  )
  if (stored.topicId !== topicId || isAhead) return { epoch: stored.epoch + 1, writesAll: true }
  // Another one that compared was ended before it had written all at the epoch.
  return { epoch: stored.epoch, writesAll: ends.some((_, partition) => of(partition)?.writtenEpoch !== stored.epoch) }
}

/** Of two last records at one offset and epoch Cassandra would keep either: where another is there, none is noted, which wins over both. */
async function progressAfter({ tools, source, final, epoch }: Pass, stored: StoredView): Promise<PartitionProgress[]> {
  const { view, topic } = source
  const settled: PartitionProgress[] = []
  for (const [partition, { nextOffset, last }] of comparedUpTo(final.ends, source).entries()) {
    const isTie = stored.partitions.some(
      (each) => each.partition === partition && each.writtenEpoch === epoch && each.nextOffset === nextOffset,
    )
    const before = isTie ? await tools.table.lastRecord({ view, topic, partition }) : null
    const isOther = before !== null && lastRecordText(before) !== lastRecordText(last)
    settled.push({ nextOffset, last: isOther ? null : last })
  }
  return settled
}

/** Renews the right to compare until it is stopped. */
function keepAlive(hold: Hold): { check(): void; stop(): void } {
  let lost: { readonly error: unknown } | null = null
  const timer = setInterval(() => {
    hold.renew().catch((error: unknown) => {
      // While Cassandra is away nobody else gets the right either.
      const isAway = error instanceof WindrowError && error.canRetry && error.code !== 'WR_SINK_MENDING'
      if (!isAway) lost = { error }
    })
  }, RENEW_MS)
  timer.unref()
  return {
    check() {
      if (lost !== null) throw lost.error
    },
    stop: () => clearInterval(timer),
  }
}
