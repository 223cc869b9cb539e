import { messageOf } from '../../core/errors.ts'
import type { ClientProcess } from '../../log/kafka/client-process.ts'
import type { OpenTransaction } from '../../log/kafka/cluster-transactions.ts'
import type { AilingPartition, KafkaInspection } from '../../log/kafka/kafka-inspection.ts'
import type { Topic } from '../../log/port.ts'
import { formatInstant } from '../../views/instant.ts'
import { clientName } from '../runner-of.ts'
import { type Finding, note, problem, spanText, warning } from './finding.ts'

/** Brokers look for transactions that are too old every 10 s by default. */
const GRACE_MS = 15_000
/** While a transaction ends its coordinator is done before the last partition is. */
const ENDING_MS = 60_000

/** The processes in windrow's groups, partitions without all that they should have, and transactions that hold readers up. */
export async function checkKafka(
  kafka: KafkaInspection,
  topics: readonly Topic[],
  ailing: readonly AilingPartition[],
  now: number,
): Promise<Finding[]> {
  const findings = [...leaderless(ailing), ...underReplicated(ailing)]
  const parts = [
    { about: 'processes', look: async () => (await kafka.processes(topics)).map(processFinding) },
    {
      about: 'transactions',
      look: async () => (await kafka.openTransactions(topics)).flatMap((open) => transactionFinding(open, now)),
    },
  ]
  for (const { about, look } of parts) {
    try {
      findings.push(...(await look()))
    } catch (error) {
      // A user without the rights to ask may work with the topics all the same.
      findings.push(
        warning(about, `cannot be told: ${messageOf(error)}`, 'Look at the brokers, and at the rights (ACLs) of this user.'),
      )
    }
  }
  return findings
}

function processFinding(client: ClientProcess): Finding {
  const name = clientName(client).replace(/^process /, '')
  switch (client.state) {
    case 'running':
    case 'elsewhere':
      return note('process', `${name} is at work`)
    case 'stopped': {
      const remedy = `Continue it (kill -CONT ${client.pid}) or end it: what it holds goes to others when its session ends.`
      return warning('process', `${name} is at work, and is stopped`, remedy)
    }
    case 'gone':
      return note('process', `${name} has died; what it held goes to others when its session ends`)
  }
}

function leaderless(ailing: readonly AilingPartition[]): Finding[] {
  const remedy =
    'Bring a broker back that has an up-to-date copy: `kafka-topics.sh --describe --unavailable-partitions` names them.'
  return byTopic(ailing.filter(({ hasLeader }) => !hasLeader)).map(([topic, partitions]) =>
    problem(topic, `${listText(partitions)} without a leader: nothing can be read there or written`, remedy),
  )
}

function underReplicated(ailing: readonly AilingPartition[]): Finding[] {
  const remedy = 'Look which broker is away or behind: `kafka-topics.sh --describe --under-replicated-partitions` names it.'
  return byTopic(ailing.filter(({ hasLeader }) => hasLeader)).map(([topic, partitions]) => {
    const { inSync, replicas } = partitions[0] as AilingPartition
    return warning(
      topic,
      `${listText(partitions)} with fewer copies up to date than it should have (${inSync} of ${replicas})`,
      remedy,
    )
  })
}

function byTopic(ailing: readonly AilingPartition[]): ReadonlyArray<readonly [string, readonly AilingPartition[]]> {
  const found = new Map<string, AilingPartition[]>()
  for (const one of ailing) found.set(one.topic, [...(found.get(one.topic) ?? []), one])
  return [...found]
}

const listText = (partitions: readonly AilingPartition[]): string =>
  `partition${partitions.length === 1 ? '' : 's'} ${partitions.map(({ partition }) => partition).join(', ')}`

/** Of transactions that should have ended: others are as it should be. */
function transactionFinding(
  { topic, partition, startOffset, lastWriteAt, producerId, coordinated }: OpenTransaction,
  now: number,
) {
  const about = `${topic}/${partition}`
  const waiting = `readers of committed records wait at offset ${startOffset}`
  if (coordinated === null) {
    if (now - lastWriteAt < ENDING_MS) return []
    const abort = `kafka-transactions.sh abort --topic ${topic} --partition ${partition} --start-offset ${startOffset}`
    const text = `a transaction of the producer ${producerId} that no broker will end is open, last written to ${since(lastWriteAt, now)}`
    return [problem(about, `${text}: ${waiting}`, `End it: \`${abort}\` (and --bootstrap-server).`)]
  }
  const { transactionalId, state, startedAt, timeoutMs } = coordinated
  if (now - startedAt < timeoutMs + GRACE_MS) return []
  const text = `the transaction of ${transactionalId} (${state}) is open since ${since(startedAt, now)}, its timeout is ${spanText(timeoutMs)}`
  const remedy =
    'Start its program again: the same transactional id ends what is open. Should it come back, the log of the broker that coordinates it says why it does not end.'
  return [problem(about, `${text}: ${waiting}`, remedy)]
}

const since = (at: number, now: number): string => `${formatInstant(at).slice(0, 19)}Z (${spanText(Math.max(0, now - at))} ago)`
