import { isWindrowError, messageOf, WindrowError } from '../../core/errors.ts'
import { topicGone } from '../errors.ts'
import type { Topic } from '../port.ts'
import { errorName, kafkaRefused } from './cluster-errors.ts'

/** The coordinator is another broker, or not ready yet: ask who it is, and again. */
const MOVED: ReadonlySet<string> = new Set(['COORDINATOR_LOAD_IN_PROGRESS', 'COORDINATOR_NOT_AVAILABLE', 'NOT_COORDINATOR'])
const FENCED: ReadonlySet<string> = new Set(['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED', 'INVALID_PRODUCER_ID_MAPPING'])

/** What was to be written may be taken later, or by another broker. */
export const LEADER_AWAY: readonly string[] = [
  'NOT_LEADER_OR_FOLLOWER',
  'LEADER_NOT_AVAILABLE',
  'NOT_ENOUGH_REPLICAS',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  'REQUEST_TIMED_OUT',
  'KAFKA_STORAGE_ERROR',
  'UNKNOWN_TOPIC_OR_PARTITION',
]

/** A code in an answer that has a meaning for whoever asked. Never leaves src/log/kafka. */
export class AnsweredError extends Error {
  readonly code: number

  constructor(what: string, code: number) {
    super(`${what}: ${errorName(code)}`)
    this.name = 'AnsweredError'
    this.code = code
  }
}

/** True for an answer with one of these codes. */
export function isAnswer(error: unknown, ...names: readonly string[]): boolean {
  return error instanceof AnsweredError && names.includes(errorName(error.code))
}

export function hasMoved(code: number): boolean {
  return MOVED.has(errorName(code))
}

/** True when another producer took the transactional id over. */
export function isFence(error: unknown): boolean {
  return error instanceof AnsweredError && FENCED.has(errorName(error.code))
}

/** Throws for an answer that is not plain success. */
export function assertAnswer(what: string, code: number): void {
  if (code !== 0) throw new AnsweredError(what, code)
}

/** What users are told of a failure. */
export function kafkaFailure(error: unknown, topic?: Topic): WindrowError {
  if (isWindrowError(error)) return error
  if (error instanceof AnsweredError) {
    const name = errorName(error.code)
    if (topic !== undefined && name.startsWith('UNKNOWN_TOPIC')) return topicGone(topic)
    if (name === 'MESSAGE_TOO_LARGE' || name === 'RECORD_LIST_TOO_LARGE') return recordTooLarge(error)
    return kafkaRefused(error.message.split(':')[0] as string, error.code)
  }
  return new WindrowError('WR_KAFKA_REFUSED', {
    message: `A request to Kafka failed: ${messageOf(error)}`,
    remedy: "Look at the broker's own log for the cause.",
    cause: error,
  })
}

function recordTooLarge(cause: unknown): WindrowError {
  return new WindrowError('WR_RECORD_TOO_LARGE', {
    message: 'The broker takes no record this large',
    remedy: 'Raise max.message.bytes of the topic (and the limits of the brokers), or write smaller records.',
    cause,
  })
}

/** What commits say when the right to write is gone: nothing was written. */
export function fencedOut(what: string, cause?: unknown): WindrowError {
  return new WindrowError('WR_FENCED', {
    ...howItWasLost(what, cause),
    facts: { what },
    ...(cause === undefined ? {} : { cause }),
  })
}

function howItWasLost(what: string, cause: unknown): { readonly message: string; readonly remedy: string } {
  if (isFence(cause) || isAnswer(cause, 'INVALID_TXN_STATE')) {
    return {
      message: `${what} was taken over by another process; nothing was written`,
      remedy: 'Nothing needs to be done: the other process goes on from what is committed.',
    }
  }
  const again = 'whoever gets it next, this process or another, goes on from what is committed'
  if (isWindrowError(cause, 'WR_KAFKA_UNREACHABLE')) {
    return {
      message: `${what} could not be kept while the brokers were away, and nothing was written: ${cause.message}`,
      remedy: `Look at the brokers (KAFKA_BROKERS). When they answer, ${again}.`,
    }
  }
  return {
    message: `${what} is not held by this process any more: it was given up, or the brokers heard nothing of this process for its session time-out; nothing was written`,
    remedy: `Nothing needs to be done: ${again}. Where it comes back often, look whether the brokers are reached all the time, or raise KAFKA_SESSION_TIMEOUT_MS.`,
  }
}

export function commitUnknown(what: string, cause: unknown): WindrowError {
  return new WindrowError('WR_COMMIT_UNKNOWN', {
    message: `Whether the commit for ${what} was done is not known: ${messageOf(cause)}`,
    remedy: 'Start again from the committed progress; if it comes back, look at the brokers.',
    facts: { what },
    cause,
  })
}
