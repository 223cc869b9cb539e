import type { Log, LogReader, Topic } from '../../src/log/port.ts'

/** The same log, with other readers of one topic. */
export function wrapReaders(log: Log, topicName: string, wrap: (reader: LogReader) => LogReader): Log {
  const reader = (topic: Topic, partition: number, from?: number): LogReader => {
    const inner = log.reader(topic, partition, from)
    return topic.name === topicName ? wrap(inner) : inner
  }
  return Object.create(log, { reader: { value: reader } }) as Log
}
