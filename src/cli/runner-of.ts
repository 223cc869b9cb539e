import type { Logger } from '../core/logger.ts'
import { isCopied, stateOf } from '../core/process-identity.ts'
import type { KeyValueStore } from '../kv/port.ts'
import { decodeLease } from '../log/embedded/lease-record.ts'
import { leaseKey, sessionKey } from '../log/embedded/log-keys.ts'
import { decodeSession } from '../log/embedded/session.ts'
import type { ClientProcess } from '../log/kafka/client-process.ts'
import type { Topic } from '../log/port.ts'
import { engineGroup } from '../runtime/engine-group.ts'
import type { Session } from './session.ts'

/** A process that runs the topologies of a topic. */
export interface RunnerProcess {
  /** Null for a client that is none of ours. */
  readonly pid: number | null
  /** `process 123`, with its host where that is another. */
  readonly name: string
  /** `gone`: it died, and Kafka keeps its place until its session ends. */
  readonly where: 'here' | 'elsewhere' | 'gone'
}

/** Who runs the topologies of the topic now. */
export async function runnersOfTopic({ logStore, kafka }: Runners, topic: Topic): Promise<readonly RunnerProcess[]> {
  if (kafka !== null) return (await kafka.processesOf(engineGroup(topic.name), topic)).map(runnerOfClient)
  const pids = new Set<number>()
  for (let partition = 0; logStore !== null && partition < topic.partitions; partition++) {
    const pid = holderOf(logStore, topic, partition)
    if (pid !== null) pids.add(pid)
  }
  return [...pids].map((pid) => ({ pid, name: `process ${pid}`, where: 'here' }))
}

type Runners = Pick<Session, 'logStore' | 'kafka'>

/** `process 123 on host-b`, or what the client calls itself. */
export function clientName({ clientId, pid, host, state }: ClientProcess): string {
  if (pid === null) return `the client ${clientId}`
  return state === 'elsewhere' ? `process ${pid} on ${host}` : `process ${pid}`
}

function runnerOfClient(client: ClientProcess): RunnerProcess {
  const where = client.state === 'elsewhere' || client.state === 'gone' ? client.state : 'here'
  return { pid: client.pid, name: clientName(client), where }
}

/** The process that runs the topologies of the partition of an embedded log, null where nobody alive does. */
function holderOf(kv: KeyValueStore, topic: Topic, partition: number): number | null {
  const { session } = decodeLease(kv.get(leaseKey(topic.id, partition, engineGroup(topic.name))))
  const record = session === null ? undefined : kv.get(sessionKey(session))
  if (record === undefined) return null
  const identity = decodeSession(record)
  return isCopied(identity, kv.folder) || stateOf(identity) === 'gone' ? null : identity.pid
}

export interface RunnerOfTopic extends RunnerProcess {
  readonly topic: Topic
}

/** The processes that run topologies of this log, each once, with a topic that it is at work on. */
export async function runnersOf(session: Session): Promise<readonly RunnerOfTopic[]> {
  const found = new Map<string, RunnerOfTopic>()
  for (const event of session.catalogue.events) {
    const topic = await session.log.findTopic(session.catalogue.topicOf(event))
    if (topic === null) continue
    for (const runner of await runnersOfTopic(session, topic)) found.set(runner.name, { ...runner, topic })
  }
  return [...found.values()]
}

/** Says which processes are at work in the data folder already: they share the work, which somebody may not have meant. */
export async function tellRunners(session: Session, logger: Logger): Promise<void> {
  // On Kafka that is what several processes are for.
  if (session.kafka !== null) return
  for (const { pid } of await runnersOf(session)) {
    const facts = { pid, data_dir: session.config.dataDir }
    logger.warn(facts, `process ${pid} is at work in this data folder too: the two share its partitions`)
  }
}
