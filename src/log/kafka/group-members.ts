import { describeGroupsV5 } from '@platformatic/kafka'
import { Coordinator } from './coordinator.ts'
import { isAnswer, kafkaFailure } from './kafka-errors.ts'
import { tryAgain } from './try-again.ts'

const DESCRIBE = [describeGroupsV5]

type Answer = Awaited<ReturnType<typeof describeGroupsV5.api.async>>
export type DescribedMember = Answer['groups'][number]['members'][number]

/** Who is in a group now: also who died, until its session ends. Of a group that there is not, nobody. */
export async function groupMembers(
  coordinator: Coordinator,
  groupId: string,
  forMs: number,
): Promise<readonly DescribedMember[]> {
  const codeOf = (answer: Answer): number => answer.groups[0]?.errorCode ?? 0
  try {
    const answer = await tryAgain(() => coordinator.call(DESCRIBE, 'DescribeGroups', codeOf, [groupId], false), {
      after: Coordinator.mayPass,
      forMs,
    })
    return answer.groups[0]?.members ?? []
  } catch (error) {
    if (isAnswer(error, 'GROUP_ID_NOT_FOUND')) return []
    throw kafkaFailure(error)
  }
}
