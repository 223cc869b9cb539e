import type { Logger } from '../core/logger.ts'
import { stateOf } from '../core/process-identity.ts'
import type { KeyValueStore } from '../kv/port.ts'
import { decodeLease } from '../log/embedded/lease-record.ts'
import { leaseKey, sessionKey } from '../log/embedded/log-keys.ts'
import { decodeSession } from '../log/embedded/session.ts'
import type { Topic } from '../log/port.ts'
import { engineGroup } from '../runtime/live-views.ts'
import type { Session } from './session.ts'

/** The process that runs the topologies of the partition (its pid), null where nobody alive does. */
export function runnerOf(kv: KeyValueStore, topic: Topic, partition: number): number | null {
  const { session } = decodeLease(kv.get(leaseKey(topic.id, partition, engineGroup(topic.name))))
  const record = session === null ? undefined : kv.get(sessionKey(session))
  if (record === undefined) return null
  const identity = decodeSession(record)
  return stateOf(identity) === 'gone' ? null : identity.pid
}

/** The processes that run topologies of this log, each with a topic that it is at work on. */
export async function runnersOf({ log, logStore, catalogue }: Session): Promise<ReadonlyMap<number, Topic>> {
  const found = new Map<number, Topic>()
  // On Kafka the group itself refuses to be reset while somebody is at work.
  if (logStore === null) return found
  for (const event of catalogue.events) {
    const topic = await log.findTopic(catalogue.topicOf(event))
    for (let partition = 0; topic !== null && partition < topic.partitions; partition++) {
      const pid = runnerOf(logStore, topic, partition)
      if (pid !== null) found.set(pid, topic)
    }
  }
  return found
}

/** Says which processes are at work in the data folder already: they share the work, which somebody may not have meant. */
export async function tellRunners(session: Session, logger: Logger): Promise<void> {
  for (const pid of (await runnersOf(session)).keys()) {
    const facts = { pid, data_dir: session.config.dataDir }
    logger.warn(facts, `process ${pid} is at work in this data folder too: the two share its partitions`)
  }
}
