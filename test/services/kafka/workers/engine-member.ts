import { openKafkaLog } from '../../../../src/log/kafka/kafka-log.ts'
import type { Topic } from '../../../../src/log/port.ts'
import { engineGroup } from '../../../../src/runtime/engine-group.ts'
import { say } from '../../../support/child-side.ts'

/** Has the partitions of a reading topic as a process that runs the topologies has them, until it is killed. */
const [brokers, sessionTimeoutMs, name] = process.argv.slice(2) as [string, string, string]
const log = await openKafkaLog({ brokers: brokers.split(','), sessionTimeoutMs: Number(sessionTimeoutMs) })
const topic = (await log.findTopic(name)) as Topic
await log.joinGroup({
  group: engineGroup(name),
  topics: [topic],
  onAssigned: ({ partition }) => say('assigned', { partition }),
  onRevoked: async () => undefined,
})
