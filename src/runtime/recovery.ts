import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import type { RecordBatch } from '../core/record-block.ts'
import { indexOfOffset, sliceBatch } from '../core/slice-batch.ts'
import type { Log, PartitionLease } from '../log/port.ts'

export interface RecoveryOptions {
  readonly log: Log
  readonly lease: PartitionLease
  /** The local state has all before this offset; the log is read from it on, up to `to`. */
  readonly from: number
  readonly to: number
  readonly batchBytes: number
  readonly stop: AbortSignal
  readonly clock: Clock
  readonly logger: Logger
  readonly take: (batch: RecordBatch) => Promise<void>
  /** Called after each batch with the part of the way that is behind, 0 to 1. */
  readonly onProgress: (part: number) => void
}

/** How often it is told how far it is. */
const TELL_MS = 5_000

/** Reads what the local state lacks from the log. Tells how far it is where that takes long, and where the log lacks it too. */
export async function readAgain(options: RecoveryOptions): Promise<void> {
  const { log, lease, to, batchBytes, stop, clock, logger, take, onProgress } = options
  const facts = factsOf(lease)
  const first = await firstOffset(options, 'windows that they belong to cannot be computed again')
  const began = clock.monotonic()
  let told = began
  const reader = log.reader(lease.topic, lease.partition, first)
  try {
    while (reader.position < to && !stop.aborted) {
      const whole = await reader.next(batchBytes)
      if (whole === null) break
      await take(sliceBatch(whole, 0, indexOfOffset(whole, to)))
      const part = Math.min(1, (reader.position - first) / (to - first))
      onProgress(part)
      if (clock.monotonic() - told < TELL_MS) continue
      told = clock.monotonic()
      const percent = Math.floor(part * 100)
      logger.info({ ...facts, from: first, to, percent }, 'the local state is read from the log again')
    }
  } finally {
    await reader.close()
  }
  if (told === began) return
  const seconds = Math.round((clock.monotonic() - began) / 100) / 10
  logger.info({ ...facts, from: first, to: reader.position, seconds }, 'the local state has been read from the log again')
}

/** `from`, or where the log begins by now; then it is told what is missing, and what comes of it. */
export async function firstOffset(
  { log, lease, from, logger }: Pick<RecoveryOptions, 'log' | 'lease' | 'from' | 'logger'>,
  consequence: string,
): Promise<number> {
  const { start } = await log.bounds(lease.topic, lease.partition)
  if (start <= from) return from
  const lost = { ...factsOf(lease), missing_from: from, log_begins_at: start }
  logger.warn(lost, `the log has lost its oldest readings (retention): ${consequence}`)
  return start
}

function factsOf({ topic, partition }: PartitionLease): { readonly topic: string; readonly partition: number } {
  return { topic: topic.name, partition }
}
