import { openKafkaLog } from '../../../src/log/kafka/kafka-log.ts'

/** Deletes every topic of a broker that is there for tests alone, windrow's own too. */
export async function emptyKafka(brokers: readonly string[]): Promise<void> {
  const log = await openKafkaLog({ brokers })
  for (const { name } of await log.topics()) await log.deleteTopic(name)
  for (const name of ['windrow.schemas', 'windrow.writers']) await log.deleteTopic(name)
  await log.close()
}
