import { protocolErrors, protocolErrorsCodesById } from '@platformatic/kafka'
import { messageOf, WindrowError } from '../../core/errors.ts'

/** Error codes of the protocol that end by themselves once the client knows the leader of now. */
const PASSING = new Set([
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_OR_FOLLOWER',
  'REQUEST_TIMED_OUT',
  'BROKER_NOT_AVAILABLE',
  'REPLICA_NOT_AVAILABLE',
  'NETWORK_EXCEPTION',
  'KAFKA_STORAGE_ERROR',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'OFFSET_NOT_AVAILABLE',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'UNKNOWN_TOPIC_ID',
  'INCONSISTENT_TOPIC_ID',
  'FETCH_SESSION_ID_NOT_FOUND',
  'INVALID_FETCH_SESSION_EPOCH',
  'UNKNOWN_SERVER_ERROR',
])

/** The rights that are missing, by the error that says so. */
const RIGHTS = new Map([
  [
    'TOPIC_AUTHORIZATION_FAILED',
    'Read, Write, Describe and DescribeConfigs on the topic, and Create where windrow shall make it',
  ],
  ['GROUP_AUTHORIZATION_FAILED', 'Read and Describe on the groups whose names begin with that of the process or with "windrow"'],
  ['TRANSACTIONAL_ID_AUTHORIZATION_FAILED', 'Write and Describe on the transactional ids that begin with "windrow."'],
  ['CLUSTER_AUTHORIZATION_FAILED', 'IdempotentWrite on the cluster, and Create where windrow shall make topics'],
])

/** The name of an error code of the protocol, such as `NOT_LEADER_OR_FOLLOWER`. */
export function errorName(code: number): string {
  return (protocolErrorsCodesById as Readonly<Record<number, string>>)[code] ?? `error ${code}`
}

/** True for what is over when the metadata was read again, perhaps after a while. */
export function isPassing(code: number): boolean {
  return PASSING.has(errorName(code))
}

export function kafkaUnreachable(where: string, cause?: unknown): WindrowError {
  return new WindrowError('WR_KAFKA_UNREACHABLE', {
    message: `${where} does not answer${cause === undefined ? '' : `: ${innermost(cause)}`}`,
    remedy: 'Look whether the brokers run and are reached from here under the names that they advertise (KAFKA_BROKERS).',
    facts: { where },
    cause,
    canRetry: true,
  })
}

export function kafkaDenied(where: string, why: string, remedy: string, cause?: unknown): WindrowError {
  return new WindrowError('WR_KAFKA_DENIED', {
    message: `${where} does not let windrow in: ${why}`,
    remedy,
    facts: { where },
    cause,
  })
}

export function kafkaTooOld(where: string, api: string): WindrowError {
  return new WindrowError('WR_KAFKA_TOO_OLD', {
    message: `${where} has no version of ${api} that windrow speaks`,
    remedy: 'Use Apache Kafka 3.1 or later: earlier brokers cannot read by the identity of a topic.',
    facts: { where, api },
  })
}

/** An error code in an answer that nothing else is said of. */
export function kafkaRefused(what: string, code: number): WindrowError {
  const name = errorName(code)
  const right = RIGHTS.get(name)
  if (right !== undefined || /AUTHORIZATION_FAILED/.test(name)) return kafkaForbidden(what, name, right)
  const known = (protocolErrors as Readonly<Record<string, { message: string; canRetry: boolean }>>)[name]
  return new WindrowError('WR_KAFKA_REFUSED', {
    message: `Kafka refused ${what}: ${name}${known === undefined ? '' : ` (${known.message})`}`,
    remedy: "Look at the broker's own log for the cause.",
    facts: { what, code, name },
    canRetry: isPassing(code) || (known?.canRetry ?? false),
  })
}

function kafkaForbidden(what: string, name: string, right = 'it'): WindrowError {
  return new WindrowError('WR_KAFKA_DENIED', {
    message: `Kafka does not let this user do what is needed: ${what} (${name})`,
    remedy: `Give the user ${right} (an ACL); docs/kafka.md lists all rights that windrow needs.`,
    facts: { what, name },
  })
}

/** The cause under all causes, as text. */
/** The message of what began it: that of a failed `fetch` or connection says nothing. */
export function innermost(error: unknown): string {
  let at = error
  while (at instanceof Error && at.cause !== undefined) at = at.cause
  if (at instanceof AggregateError && at.errors.length > 0) return innermost(at.errors[0])
  return messageOf(at)
}
