import { offsetFetchV8, offsetFetchV9 } from '@platformatic/kafka'
import type { Topic } from '../port.ts'
import { Coordinator } from './coordinator.ts'
import { isAnswer, kafkaFailure } from './kafka-errors.ts'
import { type Committed, decodeCommitted } from './progress-text.ts'
import { tryAgain } from './try-again.ts'

const FETCH = [offsetFetchV9, offsetFetchV8]
const PATIENCE_MS = 30_000

/** A group of Kafka's for each group and topic: a topic that was made anew has another identity, and with it no progress. */
export function groupIdOf(group: string, topic: Topic): string {
  return `${group}.${topic.id}`
}

/** What the group has committed, after every transaction under way has ended. */
export async function committedOffsets(
  coordinator: Coordinator,
  groupId: string,
  topic: Topic,
  signal?: AbortSignal,
): Promise<Committed[]> {
  const all = Array.from({ length: topic.partitions }, (_, partition) => partition)
  try {
    const partitions = await tryAgain(() => fetchOffsets(coordinator, groupId, topic, all), {
      after: (error) => Coordinator.mayPass(error) || isAnswer(error, 'UNSTABLE_OFFSET_COMMIT'),
      forMs: PATIENCE_MS,
      ...(signal === undefined ? {} : { signal }),
    })
    return partitions
      .filter(({ committedOffset }) => committedOffset >= 0n)
      .map(({ partitionIndex, committedOffset, metadata }) => {
        const { epoch, metadata: text } = decodeCommitted(metadata ?? '')
        return {
          partition: partitionIndex,
          epoch,
          progress: text === null ? null : { offset: Number(committedOffset), metadata: text },
        }
      })
      .sort((a, b) => a.partition - b.partition)
  } catch (error) {
    throw kafkaFailure(error, topic)
  }
}

type Answer = Awaited<ReturnType<typeof offsetFetchV9.api.async>>
type FetchedOffset = Answer['groups'][number]['topics'][number]['partitions'][number]

/** Asked once; of a group that there is not, nothing. UNSTABLE_OFFSET_COMMIT where it is not decided what is committed. */
export async function fetchOffsets(
  coordinator: Coordinator,
  groupId: string,
  topic: Topic,
  partitions: readonly number[],
): Promise<readonly FetchedOffset[]> {
  const topics = [{ name: topic.name, partitionIndexes: [...partitions] }]
  const groups = [{ groupId, memberId: null, memberEpoch: -1, topics }]
  const codeOf = (answer: Answer): number => {
    const [found] = answer.groups
    if (found === undefined || found.errorCode !== 0) return found?.errorCode ?? 0
    return found.topics.flatMap((one) => one.partitions).find(({ errorCode }) => errorCode !== 0)?.errorCode ?? 0
  }
  try {
    const answer = await coordinator.call(FETCH, 'OffsetFetch', codeOf, groups, true)
    return answer.groups[0]?.topics[0]?.partitions ?? []
  } catch (error) {
    if (isAnswer(error, 'GROUP_ID_NOT_FOUND')) return []
    throw error
  }
}
