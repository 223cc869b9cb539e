import type { Clock } from '../core/clock.ts'
import { isWindrowError } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import { keyText, type RecordBatch, valueBytes } from '../core/record-block.ts'
import { type DeadLetter, deadLetterKey, decodeDeadLetter } from '../events/dead-letter.ts'
import type { ReadingBatch } from '../events/reading-batch.ts'
import { schemaIdOf } from '../events/wire-format.ts'
import type { Log, PartitionLease, Topic, Write } from '../log/port.ts'
import { type DeadLetterOutput, TOO_LATE, tooLate } from './dead-letter-output.ts'
import { emptyLedger, type Ledger } from './ledger.ts'
import { type TaskProgress, taskProgressText } from './task-progress.ts'

export interface CountAgainOptions {
  readonly log: Log
  readonly lease: PartitionLease
  readonly clock: Clock
  readonly logger: Logger
  /** Null: no letters are kept. */
  readonly letters: DeadLetterOutput | null
  /** So many of them are committed at once. */
  readonly maxLetters: number
  /** As it is committed. */
  readonly before: TaskProgress
  /** All before this offset is counted. */
  readonly committed: number
  readonly allowedLatenessMs: number
  readonly stop: AbortSignal
  /** Gives all records before that offset to the function, into a reading store that is empty at first. */
  readonly read: (take: (batch: RecordBatch, decoded: ReadingBatch) => Promise<void>) => Promise<void>
  /** Takes readings into that store; indexes of those that are too late go into `late`. */
  readonly apply: (decoded: ReadingBatch, ledger: Ledger, late: number[]) => void
  /** Commits without moving on. */
  readonly commit: (metadata: string, writes: readonly Write[]) => Promise<unknown>
}

/**
 * Counts a partition again that was counted with another allowed lateness, and brings its dead letters in line: a letter of each reading
 * that is too late now and has none, and none of those that are not any more. Gives the new ledger, or the old one where the signal aborted.
 * Cut short anywhere it is done again, since until its end nothing says what is committed to be of the new lateness.
 */
export async function countAgain(options: CountAgainOptions): Promise<Ledger> {
  const { log, lease, clock, logger, letters, maxLetters, before, committed, allowedLatenessMs, stop } = options
  const facts = { topic: lease.topic.name, partition: lease.partition }
  logger.info(facts, 'the readings were counted with another allowed lateness, and are counted again')
  const { start } = await log.bounds(lease.topic, lease.partition)
  // What the log has lost cannot be judged again: its letters stay.
  const filed = new OffsetSet(start, committed)
  if (letters !== null) await findLetters(log, letters.target.topic, lease, filed)
  const commit = async (progress: Partial<TaskProgress>): Promise<void> => {
    await options.commit(taskProgressText({ ...before, ...progress }), letters?.take() ?? [])
  }
  const commitPart = async (): Promise<void> => {
    if (letters !== null && letters.count >= maxLetters) await commit({ allowedLatenessMs: null })
  }
  const ledger = emptyLedger()
  await options.read(async (batch, decoded) => {
    const late: number[] = []
    options.apply(decoded, ledger, late)
    ledger.deadLettered += decoded.faults.length
    ledger.accepted += batch.count
    for (const i of late) {
      const offset = decoded.offsets[i] as number
      if (!filed.delete(offset)) letters?.add(tooLate(batch, offset, allowedLatenessMs), clock.now())
    }
    await commitPart()
  })
  if (stop.aborted) return { ...before.ledger }
  for (const offset of filed) {
    letters?.remove(offset)
    await commitPart()
  }
  await commit({ ledger, allowedLatenessMs })
  return ledger
}

/** Notes the offsets of the partition's readings whose letters say that they are too late. */
async function findLetters(log: Log, letters: Topic, { topic, partition }: PartitionLease, filed: OffsetSet): Promise<void> {
  const prefix = deadLetterKey({ kind: 'log', topic: topic.name, topicId: topic.id, partition, offset: 0 }).slice(0, -'0]'.length)
  for (let p = 0; p < letters.partitions; p++) {
    const reader = log.reader(letters, p)
    try {
      for (let batch = await reader.next(); batch !== null; batch = await reader.next()) {
        for (let i = 0; i < batch.count; i++) {
          const key = keyText(batch, i)
          if (!key.startsWith(prefix)) continue
          const offset = Number.parseInt(key.slice(prefix.length), 10)
          const value = valueBytes(batch, i)
          if (value !== null && (await letterOf(log, value))?.code === TOO_LATE) filed.add(offset)
          else filed.delete(offset)
        }
      }
    } finally {
      await reader.close()
    }
  }
}

/** Null for what this version cannot read: it is left as it is. */
async function letterOf(log: Log, bytes: Uint8Array): Promise<DeadLetter | null> {
  const schema = await log.registry.schemaById(schemaIdOf(bytes))
  try {
    return decodeDeadLetter(bytes, schema ?? undefined)
  } catch (error) {
    if (isWindrowError(error, 'WR_DEAD_LETTER_UNREADABLE')) return null
    throw error
  }
}

/** Some of the offsets of a range, a bit each. */
class OffsetSet {
  private readonly start: number
  private readonly end: number
  private readonly bits: Uint8Array

  constructor(start: number, end: number) {
    this.start = start
    this.end = end
    this.bits = new Uint8Array(Math.max(0, end - start + 7) >>> 3)
  }

  add(offset: number): void {
    if (!this.covers(offset)) return
    const i = offset - this.start
    this.bits[i >>> 3] = (this.bits[i >>> 3] as number) | (1 << (i & 7))
  }

  /** False where it was not in it. */
  delete(offset: number): boolean {
    if (!this.covers(offset)) return false
    const i = offset - this.start
    const byte = this.bits[i >>> 3] as number
    this.bits[i >>> 3] = byte & ~(1 << (i & 7))
    return (byte & (1 << (i & 7))) !== 0
  }

  *[Symbol.iterator](): Generator<number> {
    for (let byte = 0; byte < this.bits.length; byte++) {
      for (let bit = 0; this.bits[byte] !== 0 && bit < 8; bit++)
        if (((this.bits[byte] as number) & (1 << bit)) !== 0) yield this.start + byte * 8 + bit
    }
  }

  private covers(offset: number): boolean {
    return offset >= this.start && offset < this.end
  }
}
