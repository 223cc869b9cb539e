import { partitionOf } from '../core/murmur2.ts'
import { type RecordBatch, RecordBlockBuilder, valueBytes } from '../core/record-block.ts'
import { indexOfOffset } from '../core/slice-batch.ts'
import { DEAD_LETTER_SCHEMA, DEAD_LETTERS_TOPIC, deadLetterKey, encodeDeadLetter } from '../events/dead-letter.ts'
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
  private readonly target: DeadLetterTopic
  private readonly origin: Topic
  private readonly partition: number
  private readonly builders = new Map<number, RecordBlockBuilder>()

  constructor(target: DeadLetterTopic, origin: Topic, partition: number) {
    this.target = target
    this.origin = origin
    this.partition = partition
  }

  add(fault: Fault, at: number): void {
    const { topic, schemaId } = this.target
    const origin = {
      kind: 'log',
      topic: this.origin.name,
      topicId: this.origin.id,
      partition: this.partition,
      offset: fault.offset,
    } as const
    const { code, message, key, value } = fault
    const letter = { origin, line: null, code, message, key, value, valueLength: value?.byteLength ?? 0, at }
    const recordKey = utf8.encode(deadLetterKey(origin))
    const partition = partitionOf(recordKey, topic.partitions)
    let builder = this.builders.get(partition)
    if (builder === undefined) {
      builder = new RecordBlockBuilder()
      this.builders.set(partition, builder)
    }
    builder.add(recordKey, encodeDeadLetter(letter, schemaId))
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
}

/** The fault of a reading beyond the allowed lateness. */
export function tooLate(batch: RecordBatch, offset: number, allowedLatenessMs: number): Fault {
  const i = indexOfOffset(batch, offset)
  return {
    offset,
    key: batch.bytes.slice(batch.keyStart[i], batch.keyEnd[i]),
    value: valueBytes(batch, i)?.slice() ?? null,
    code: 'WR_READING_TOO_LATE',
    message: `The reading ends more than ${allowedLatenessMs / 60_000} minutes before the latest one of its station.`,
  }
}
