import type { EventType } from '../../src/events/event-type.ts'
import { registerEvent } from '../../src/events/schema-evolution.ts'
import type { Log, Topic } from '../../src/log/port.ts'

/** The event's topic, made when missing, and the id of its schema. */
export async function ensureReadings(
  log: Log,
  event: EventType,
  partitions: number,
): Promise<{ readonly topic: Topic; readonly schemaId: number }> {
  const topic = await log.ensureTopic({ name: event.defaultTopic, partitions, cleanup: 'keep' })
  return { topic, schemaId: await registerEvent(log.registry, topic.name, event) }
}
