import { stateOf } from '../core/process-identity.ts'
import type { KeyValueStore } from '../kv/port.ts'
import { decodeLease } from '../log/embedded/lease-record.ts'
import { leaseKey, sessionKey } from '../log/embedded/log-keys.ts'
import { decodeSession } from '../log/embedded/session.ts'
import type { Topic } from '../log/port.ts'
import { engineGroup } from '../runtime/live-views.ts'

/** The process that runs the topologies of the partition (its pid), null where nobody alive does. */
export function runnerOf(kv: KeyValueStore, topic: Topic, partition: number): number | null {
  const { session } = decodeLease(kv.get(leaseKey(topic.id, partition, engineGroup(topic.name))))
  const record = session === null ? undefined : kv.get(sessionKey(session))
  if (record === undefined) return null
  const identity = decodeSession(record)
  return stateOf(identity) === 'gone' ? null : identity.pid
}
