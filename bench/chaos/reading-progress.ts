import { openKafkaLog } from '../../src/log/kafka/kafka-log.ts'
import { engineGroup } from '../../src/runtime/engine-group.ts'

const READING_TOPICS = ['weather.readings', 'energy.readings', 'air.readings']

/** How far the runners are, as the brokers tell it. */
export interface ReadingProgress {
  /** Offsets of the reading topics together that are there. */
  ends(): Promise<number>
  /** What is not committed, by partition; empty when the runners have caught up. */
  behind(): Promise<readonly string[]>
  close(): Promise<void>
}

export async function readingProgress(brokers: string): Promise<ReadingProgress> {
  const log = await openKafkaLog({ brokers: brokers.split(',') })
  async function partitions() {
    const found: Array<{ readonly name: string; readonly end: number; readonly committed: number }> = []
    for (const name of READING_TOPICS) {
      const topic = await log.findTopic(name)
      if (topic === null) continue
      const progress = await log.groupProgress(engineGroup(name), topic)
      for (let partition = 0; partition < topic.partitions; partition++) {
        const committed = progress.find((each) => each.partition === partition)?.offset ?? 0
        found.push({ name: `${name} ${partition}`, end: (await log.bounds(topic, partition)).end, committed })
      }
    }
    return found
  }
  return {
    ends: async () => (await partitions()).reduce((sum, { end }) => sum + end, 0),
    behind: async () =>
      (await partitions()).flatMap(({ name, end, committed }) => (committed >= end ? [] : [`${name} (${committed} of ${end})`])),
    close: () => log.close(),
  }
}
