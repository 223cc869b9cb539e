import { partitionOf } from '../core/murmur2.ts'
import { type RecordBatch, RecordBlockBuilder, valueBytes } from '../core/record-block.ts'
import { indexOfOffset } from '../core/slice-batch.ts'
import {
  DEAD_LETTER_SCHEMA,
  DEAD_LETTERS_TOPIC,
  type DeadLetterOrigin,
  deadLetterKey,
  encodeDeadLetter,
} from '../events/dead-letter.ts'
import type { Fault } from '../events/reading-batch.ts'
import type { Log, Topic, Write } from '../log/port.ts'

/** The topic of dead letters and the id of their schema. */
export interface DeadLetterTopic {
  readonly topic: Topic
  readonly schemaId: number
}

/** Makes the topic where it is missing. */
export async function ensureDeadLetters(log: Log, partitions: number): Promise<DeadLetterTopic> {
  const topic = await log.ensureTopic({ name: DEAD_LETTERS_TOPIC, partitions, cleanup: 'compact' })
  return { topic, schemaId: await log.registry.register(`${DEAD_LETTERS_TOPIC}-value`, DEAD_LETTER_SCHEMA) }
}

const utf8 = new TextEncoder()

/** Collects the records of one partition that could not be used, keyed by where they came from, so that a replay adds none. */
export class DeadLetterOutput {
  readonly target: DeadLetterTopic
  private readonly origin: Topic
  private readonly partition: number
  private readonly builders = new Map<number, RecordBlockBuilder>()

  constructor(target: DeadLetterTopic, origin: Topic, partition: number) {
    this.target = target
    this.origin = origin
    this.partition = partition
  }

  /** How many have been added or removed since the last `take`. */
  get count(): number {
    let count = 0
    for (const builder of this.builders.values()) count += builder.count
    return count
  }

  add(fault: Fault, at: number): void {
    const origin = this.originOf(fault.offset)
    const { code, message, key, value } = fault
    const letter = { origin, line: null, code, message, key, value, valueLength: value?.byteLength ?? 0, at }
    this.put(origin, encodeDeadLetter(letter, this.target.schemaId))
  }

  /** Takes the letter of the record at this offset away, if there is one. */
  remove(offset: number): void {
    this.put(this.originOf(offset), null)
  }

  /** What has been added since the last call. */
  take(): Write[] {
    const writes = [...this.builders].map(([partition, builder]) => ({
      topic: this.target.topic,
      partition,
      block: builder.build(),
    }))
    this.builders.clear()
    return writes
  }

  private originOf(offset: number): DeadLetterOrigin {
    const { name, id } = this.origin
    return { kind: 'log', topic: name, topicId: id, partition: this.partition, offset }
  }

  private put(origin: DeadLetterOrigin, value: Uint8Array | null): void {
    const key = utf8.encode(deadLetterKey(origin))
    const partition = partitionOf(key, this.target.topic.partitions)
    let builder = this.builders.get(partition)
    if (builder === undefined) {
      builder = new RecordBlockBuilder()
      this.builders.set(partition, builder)
    }
    builder.add(key, value)
  }
}

/** The code of letters of readings beyond the allowed lateness. */
export const TOO_LATE = 'WR_READING_TOO_LATE'

/** The fault of a reading beyond the allowed lateness. */
export function tooLate(batch: RecordBatch, offset: number, allowedLatenessMs: number): Fault {
  const i = indexOfOffset(batch, offset)
  return {
    offset,
    key: batch.bytes.slice(batch.keyStart[i], batch.keyEnd[i]),
    value: valueBytes(batch, i)?.slice() ?? null,
    code: TOO_LATE,
    message: `The reading ends more than ${allowedLatenessMs / 60_000} minutes before the latest one of its station.`,
  }
}
