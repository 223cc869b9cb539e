import { listOffsetsV7, listOffsetsV8, listOffsetsV9 } from '@platformatic/kafka'
import type { Topic } from '../port.ts'
import type { BrokerConnection } from './broker-connection.ts'
import { kafkaRefused, kafkaUnreachable } from './cluster-errors.ts'

export type OffsetKind = 'earliest' | 'latest'

const LIST_OFFSETS = [listOffsetsV9, listOffsetsV8, listOffsetsV7]
const TIMESTAMPS: Readonly<Record<OffsetKind, bigint>> = { earliest: -2n, latest: -1n }
const READ_COMMITTED = 1

interface Asked {
  readonly topic: string
  readonly partition: number
  readonly answer: Promise<OffsetAnswer>
  readonly settle: (answer: OffsetAnswer | PromiseLike<OffsetAnswer>) => void
}

export interface OffsetAnswer {
  readonly errorCode: number
  readonly offset: number
}

/**
 * Asks brokers where partitions begin and end. What is asked of one broker at about the same time is one request: health looks at
 * hundreds of partitions at once.
 */
export class OffsetQuestions {
  private readonly waiting = new Map<BrokerConnection, Map<OffsetKind, Map<string, Asked>>>()

  /** Of the records that are committed. Rejects as the connection does; what is wrong with the partition is in the answer. */
  ask(connection: BrokerConnection, kind: OffsetKind, topic: Topic, partition: number): Promise<OffsetAnswer> {
    let kinds = this.waiting.get(connection)
    if (kinds === undefined) {
      kinds = new Map()
      this.waiting.set(connection, kinds)
      setImmediate(() => this.send(connection))
    }
    const asked = kinds.get(kind) ?? new Map<string, Asked>()
    kinds.set(kind, asked)
    const name = `${topic.name}/${partition}`
    const known = asked.get(name)
    if (known !== undefined) return known.answer
    let settle: Asked['settle'] = () => undefined
    const answer = new Promise<OffsetAnswer>((resolve) => {
      settle = resolve
    })
    asked.set(name, { topic: topic.name, partition, answer, settle })
    return answer
  }

  private send(connection: BrokerConnection): void {
    const kinds = this.waiting.get(connection) ?? new Map<OffsetKind, Map<string, Asked>>()
    this.waiting.delete(connection)
    for (const [kind, asked] of kinds) {
      const answers = this.request(connection, kind, [...asked.values()])
      for (const [name, { settle }] of asked) {
        settle(
          answers.then((found) => {
            const answer = found.get(name)
            if (answer === undefined) throw kafkaUnreachable(connection.name)
            return answer
          }),
        )
      }
    }
  }

  private async request(
    connection: BrokerConnection,
    kind: OffsetKind,
    asked: readonly Asked[],
  ): Promise<ReadonlyMap<string, OffsetAnswer>> {
    const names = [...new Set(asked.map(({ topic }) => topic))]
    const topics = names.map((name) => ({
      name,
      partitions: asked
        .filter(({ topic }) => topic === name)
        .map(({ partition }) => ({ partitionIndex: partition, currentLeaderEpoch: -1, timestamp: TIMESTAMPS[kind] })),
    }))
    const answer = await connection.call(LIST_OFFSETS, 'ListOffsets', -1, READ_COMMITTED, topics)
    const found = new Map<string, OffsetAnswer>()
    for (const { name, partitions } of answer.topics) {
      for (const { partitionIndex, errorCode, offset } of partitions)
        found.set(`${name}/${partitionIndex}`, { errorCode, offset: Number(offset) })
    }
    return found
  }
}

/** The offset, or what the broker refused. */
export function offsetOf({ errorCode, offset }: OffsetAnswer, topic: Topic, partition: number): number {
  if (errorCode === 0) return offset
  throw kafkaRefused(`the bounds of ${topic.name}/${partition}`, errorCode)
}
