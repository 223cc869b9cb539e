import { WindrowError } from '../core/errors.ts'
import type { Topic, TopicSpec } from './port.ts'

export function offsetOutOfRange(topic: Topic, partition: number, offset: number, end: number, start = 0): WindrowError {
  return new WindrowError('WR_OFFSET_OUT_OF_RANGE', {
    message: `Offset ${offset} of ${topic.name}/${partition} does not exist: the partition holds [${start}, ${end})`,
    remedy: 'The stored progress belongs to another log. Reset the views (`windrow reset --views`) or restore the matching log.',
    facts: { topic: topic.name, topicId: topic.id, partition, offset, start, end },
  })
}

export function topicGone(topic: Topic): WindrowError {
  return new WindrowError('WR_TOPIC_GONE', {
    message: `The topic ${topic.name} with the identity ${topic.id} does not exist any more`,
    remedy: 'It was deleted (and perhaps made anew) while in use. Start again, so that the new one is found.',
    facts: { topic: topic.name, topicId: topic.id },
  })
}

export function wrongPartition(topic: Topic, partition: number): WindrowError {
  return new WindrowError('WR_PARTITION_UNKNOWN', {
    message: `${topic.name} has partitions 0 to ${topic.partitions - 1}, there is no partition ${partition}`,
    remedy: 'This is a mistake in the program: take the partition from partitionOf(key, topic.partitions).',
    facts: { topic: topic.name, partition, partitions: topic.partitions },
    kind: 'usage',
  })
}

/** Refuses a topic that exists with another shape than the one that is asked for. */
export function assertSameShape(existing: Topic, wanted: TopicSpec): void {
  if (existing.partitions !== wanted.partitions) {
    throw new WindrowError('WR_TOPIC_PARTITIONS', {
      message: `The topic ${existing.name} has ${existing.partitions} partitions, ${wanted.partitions} are asked for`,
      remedy:
        'The number of partitions cannot change: keys would move. Set it back, or copy the readings into a new topic with the wanted number and replay.',
      facts: { topic: existing.name, partitions: existing.partitions, wanted: wanted.partitions },
      kind: 'usage',
    })
  }
  if (existing.cleanup !== wanted.cleanup) {
    throw new WindrowError('WR_TOPIC_CLEANUP', {
      message: `The topic ${existing.name} has the cleanup "${existing.cleanup}", "${wanted.cleanup}" is asked for`,
      remedy: 'Use another topic name, or set the cleanup of the existing topic as asked.',
      facts: { topic: existing.name, cleanup: existing.cleanup, wanted: wanted.cleanup },
      kind: 'usage',
    })
  }
}

/** Refuses what Kafka would refuse as well, so that a topology can move from one backend to the other. */
export function assertTopicSpec(spec: TopicSpec): void {
  const named = /^[a-zA-Z0-9._-]{1,249}$/.test(spec.name) && spec.name !== '.' && spec.name !== '..'
  const sized = Number.isInteger(spec.partitions) && spec.partitions >= 1 && spec.partitions <= 10_000
  if (named && sized) return
  throw new WindrowError('WR_TOPIC_INVALID', {
    message: `No topic can be called "${spec.name}" and have ${spec.partitions} partitions`,
    remedy: 'Use letters, digits, ".", "_" and "-" (at most 249) for the name, and 1 to 10,000 partitions.',
    facts: { topic: spec.name, partitions: spec.partitions },
    kind: 'usage',
  })
}

/** Refuses to compact a topic that keeps every record. */
export function assertCompacted(topic: Topic): void {
  if (topic.cleanup === 'compact') return
  throw new WindrowError('WR_TOPIC_CLEANUP', {
    message: `The topic ${topic.name} keeps every record; it cannot be compacted`,
    remedy: 'Compact topics whose cleanup is "compact", such as those of the views.',
    facts: { topic: topic.name, cleanup: topic.cleanup },
    kind: 'usage',
  })
}

export function logClosed(): WindrowError {
  return new WindrowError('WR_LOG_CLOSED', {
    message: 'The log was closed',
    remedy: 'This is a mistake in the program: something went on working after the shutdown.',
  })
}
