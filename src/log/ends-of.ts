import type { Log, Topic } from './port.ts'

/** The end of each partition as it is now, from partition 0. */
export function endsOf(log: Log, topic: Topic): Promise<number[]> {
  return Promise.all(Array.from({ length: topic.partitions }, async (_, partition) => (await log.bounds(topic, partition)).end))
}
