import type { Progress } from '../port.ts'

/** What windrow keeps with a committed offset: the epoch of who committed it, and the group's own text. */
export interface CommittedText {
  readonly epoch: number
  /** Null when the partition was taken and nothing has been committed yet. */
  readonly metadata: string | null
}

/** The epoch takes at most 16 digits: with the group's 4,000 bytes that is less than the 4,096 that brokers take. */
export function encodeCommitted({ epoch, metadata }: CommittedText): string {
  return metadata === null ? String(epoch) : `${epoch}\n${metadata}`
}

export function decodeCommitted(text: string): CommittedText {
  const at = text.indexOf('\n')
  const epoch = Number(at < 0 ? text : text.slice(0, at))
  // Somebody set the offset with a tool of Kafka's: progress like any other, without a text.
  if (!Number.isSafeInteger(epoch) || text === '') return { epoch: 0, metadata: '' }
  return { epoch, metadata: at < 0 ? null : text.slice(at + 1) }
}

export interface Committed {
  readonly partition: number
  readonly epoch: number
  readonly progress: Progress | null
}

/** The epoch of who takes a partition or a writer now: greater than every one before, also when the broker forgot the last one. */
export function nextEpoch(last: number): number {
  return Math.max(last + 1, Date.now())
}
