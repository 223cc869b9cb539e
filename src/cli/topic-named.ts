import { WindrowError } from '../core/errors.ts'
import type { Log, Topic } from '../log/port.ts'

/** Throws WR_TOPIC_UNKNOWN, naming those there are. */
export async function topicNamed(log: Log, name: string): Promise<Topic> {
  const topic = await log.findTopic(name)
  if (topic !== null) return topic
  const names = (await log.topics()).map((each) => each.name).sort()
  throw new WindrowError('WR_TOPIC_UNKNOWN', {
    message: `There is no topic called ${JSON.stringify(name)}.`,
    remedy:
      names.length === 0
        ? 'The log is empty: publish something first, for instance with `windrow start`.'
        : `Use one of ${names.join(', ')}.`,
    kind: 'usage',
    facts: { topic: name },
  })
}
