import { createHash, type Hash } from 'node:crypto'
import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import type { EventType } from '../events/event-type.ts'
import type { Reading } from '../events/reading.ts'

/** A reading as a source makes it; the publisher sets `ingestedAt`, and `revisedAt` where upstream gives none. */
export interface ReadingDraft extends Reading {
  revisedAt: number | null
  ingestedAt: number
}

/** Something that upstream says of a place and a time. */
export interface FoundReading {
  readonly kind: 'reading'
  readonly event: EventType
  readonly reading: ReadingDraft
  /** 1-based line (row, element) of the input, null where there are none. */
  readonly line: number | null
  /** What it was made from, where upstream's own bytes are at hand. To be called, if at all, before the next item is pulled. */
  readonly bytes: (() => Uint8Array) | null
}

/** Something that upstream said and that is no reading. */
export interface BadInput {
  readonly kind: 'bad'
  /** Whose reading it would have been, empty when that is unknown. */
  readonly station: string
  readonly line: number | null
  /** The original bytes, or their beginning where they are too many to keep. Valid until the next item is pulled. */
  readonly bytes: Uint8Array
  /** How many there were. */
  readonly byteLength: number
  /** `hashBytes` of all of them: what identifies the dead letter. */
  readonly hash: string
  readonly code: `WR_${string}`
  readonly message: string
}

/**
 * All that upstream has of the time before `at` was yielded before this item: committed with it, and what the next poll is told, also by
 * another process. It never goes back.
 */
export interface ReadThrough {
  readonly kind: 'through'
  /** Milliseconds since the epoch. */
  readonly at: number
}

/**
 * What upstream said only now and the source wants to know again, also in another process: committed no later than what is yielded after it.
 * Of a name the last holds. Kept for ever, so there is one a day at most.
 */
export interface Remember {
  readonly kind: 'remember'
  readonly name: string
  /** At most about a kilobyte. */
  readonly text: string
}

export type SourceItem = FoundReading | BadInput | ReadThrough | Remember

export interface SourceContext {
  readonly clock: Clock
  readonly logger: Logger
  /** When it aborts, the source may end early; nobody pulls any longer. */
  readonly signal: AbortSignal
  /** The last `through` that is in the log, null when there is none: from here on something may be missing. */
  readonly readThrough: number | null
  /** What was last remembered under that name, null when nothing was. */
  readonly recall: (name: string) => string | null
  /** Tells how far the poll has come, in a unit of the source's own (bytes for a file); `total` null where nobody knows. */
  readonly progress: (done: number, total: number | null) => void
}

/** One upstream: an API, a file, a simulator. */
export interface Source {
  /** `file`, `simulator`, ...: the first part of the cursor's key, so it never changes. */
  readonly name: string
  /** The station that it is about, `*` for several: with the name what one process at a time may publish. */
  readonly station: string
  /** What it reads, for people who look for what was wrong: the path of a file. */
  readonly input?: string
  readonly events: readonly EventType[]
  /** The clock that dates what is published, where that is not the process's own. */
  readonly clock?: Clock
  /**
   * Everything that upstream says now, also what it said before: the publisher knows what is new. Pulled, so nothing is read ahead
   * of what is published. What it throws ends the poll after all that it yielded before is published.
   */
  poll(context: SourceContext): AsyncIterable<SourceItem>
  /** Called when all that the last poll yielded is in the log: what a source remembers between polls, it may only remember then. */
  published?(): void
}

/** How many bytes of a bad input are kept: a dead letter must fit into any log's record. */
export const MAX_KEPT_BYTES = 256 * 1024

/** The first 128 bits of SHA-256, in hexadecimal. */
export function hashBytes(bytes: Uint8Array): string {
  return digestOf(createHash('sha256').update(bytes))
}

export function digestOf(hash: Hash): string {
  return hash.digest('hex').slice(0, 32)
}

/** Makes a bad input of bytes that are all there. */
export function badInput(
  station: string,
  line: number | null,
  bytes: Uint8Array,
  fault: Pick<BadInput, 'code' | 'message'>,
): BadInput {
  return {
    kind: 'bad',
    station,
    line,
    bytes: bytes.subarray(0, MAX_KEPT_BYTES),
    byteLength: bytes.byteLength,
    hash: hashBytes(bytes),
    code: fault.code,
    message: fault.message,
  }
}
