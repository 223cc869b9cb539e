import { WindrowError } from '../../../core/errors.ts'

/** Bytes of a partition that are no whole, sound record batch. */
export function corrupt(what: string, offset: number, cause?: unknown): WindrowError {
  return new WindrowError('WR_KAFKA_CORRUPT', {
    message: `The record batch at offset ${offset} is damaged: ${what}`,
    remedy:
      'Look at the disk of the broker that leads the partition; move the leadership to a whole replica, or restore the topic.',
    facts: { offset, what },
    cause,
  })
}

export function oldFormat(magic: number, offset: number): WindrowError {
  return new WindrowError('WR_KAFKA_MESSAGE_FORMAT', {
    message: `The records at offset ${offset} have the message format v${magic}; windrow reads v2, which Kafka writes since 0.11`,
    remedy: 'Copy the topic into a new one with a producer of today, and use that one.',
    facts: { offset, magic },
  })
}
