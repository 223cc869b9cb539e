import { protocolErrors, protocolErrorsCodesById } from '@platformatic/kafka'
import { isWindrowError, messageOf, WindrowError } from '../../core/errors.ts'

/** Codes of TLS failures that no waiting mends. */
const TLS_CODES =
  /^(?:ERR_TLS_|ERR_SSL_|CERT_|SELF_SIGNED_CERT|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_(?:VERIFY|GET))|LEAF_SIGNATURE|HOSTNAME_MISMATCH/

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

export function kafkaDenied(where: string, why: string, cause?: unknown): WindrowError {
  return new WindrowError('WR_KAFKA_DENIED', {
    message: `${where} does not let windrow in: ${why}`,
    remedy: 'Look at the KAFKA_… settings of security, SASL and TLS, and at the rights (ACLs) of that user.',
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
  if (/AUTHORIZATION_FAILED|AUTHENTICATION_FAILED|SECURITY_DISABLED/.test(name)) return kafkaDenied('Kafka', `${what}: ${name}`)
  const known = (protocolErrors as Readonly<Record<string, { message: string; canRetry: boolean }>>)[name]
  return new WindrowError('WR_KAFKA_REFUSED', {
    message: `Kafka refused ${what}: ${name}${known === undefined ? '' : ` (${known.message})`}`,
    remedy: "Look at the broker's own log for the cause.",
    facts: { what, code, name },
    canRetry: isPassing(code) || (known?.canRetry ?? false),
  })
}

/** What a failed connection or request means. */
export function connectionError(where: string, error: unknown): WindrowError {
  if (isWindrowError(error)) return error
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const { code } = at as { code?: unknown }
    if (code === 'PLT_KFK_AUTHENTICATION') return kafkaDenied(where, innermost(error), error)
    if (typeof code === 'string' && TLS_CODES.test(code)) return kafkaDenied(where, innermost(error), error)
  }
  return kafkaUnreachable(where, error)
}

function innermost(error: unknown): string {
  let at = error
  while (at instanceof Error && at.cause !== undefined) at = at.cause
  if (at instanceof AggregateError && at.errors.length > 0) return innermost(at.errors[0])
  return messageOf(at)
}
