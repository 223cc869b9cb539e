import cassandra from 'cassandra-driver'
import { messageOf, WindrowError } from '../../core/errors.ts'

const { errors, types } = cassandra
const codes = types.responseErrorCodes

/** Codes of answers after which the same request may do later. */
const PASSING: readonly number[] = [
  codes.serverError,
  codes.unavailableException,
  codes.overloaded,
  codes.isBootstrapping,
  codes.truncateError,
  codes.writeTimeout,
  codes.readTimeout,
  codes.readFailure,
  codes.writeFailure,
]

export function cassandraAway(where: string, why: string, cause?: unknown): WindrowError {
  return new WindrowError('WR_CASSANDRA_AWAY', {
    message: `Cassandra (${where}) cannot be reached: ${why}`,
    remedy:
      'Check that it runs, and that CASSANDRA_CONTACT_POINTS and the settings of TLS are right. A sink tries again by itself.',
    facts: { where },
    cause,
    canRetry: true,
  })
}

/** It answers, but not for now. */
function cassandraBusy(where: string, why: string, cause: unknown): WindrowError {
  return new WindrowError('WR_CASSANDRA_BUSY', {
    message: `Cassandra (${where}) could not do it for now: ${why}`,
    remedy: 'Check that enough nodes are up for CASSANDRA_CONSISTENCY and are not overburdened. A sink tries again by itself.',
    facts: { where },
    cause,
    canRetry: true,
  })
}

function loginRefused(where: string, cause: unknown): WindrowError {
  return new WindrowError('WR_CASSANDRA_LOGIN', {
    message: `Cassandra (${where}) does not let windrow in: ${messageOf(cause)}`,
    remedy: 'Set CASSANDRA_USERNAME and CASSANDRA_PASSWORD to those of a role that may LOGIN.',
    facts: { where },
    kind: 'usage',
    cause,
  })
}

function forbidden(where: string, cause: Error): WindrowError {
  return new WindrowError('WR_CASSANDRA_FORBIDDEN', {
    message: `Cassandra (${where}) does not allow windrow to do this: ${cause.message}`,
    remedy:
      'Give its role the rights on the keyspace: GRANT CREATE, ALTER, SELECT, MODIFY ON KEYSPACE … TO …; a missing keyspace wants CREATE ON ALL KEYSPACES, or be made by hand.',
    facts: { where },
    kind: 'usage',
    cause,
  })
}

function refused(where: string, cause: Error): WindrowError {
  return new WindrowError('WR_CQL', {
    message: `Cassandra (${where}) refused a statement: ${cause.message}`,
    remedy: 'Check that nobody changed the tables of the keyspace; one that was dropped is made anew and filled from the log.',
    facts: { where },
    kind: 'usage',
    cause,
  })
}

function distrusted(where: string, cause: Error): WindrowError {
  return new WindrowError('WR_CASSANDRA_TLS', {
    message: `Cassandra (${where}) and windrow do not trust each other: ${cause.message}`,
    remedy:
      "Name the authority that signed the nodes' certificates in CASSANDRA_TLS_CA_LOCATION, and this client's own in CASSANDRA_TLS_CERTIFICATE_LOCATION and CASSANDRA_TLS_KEY_LOCATION if the nodes ask for one.",
    facts: { where },
    kind: 'usage',
    cause,
  })
}

/** What OpenSSL says of bytes that are no TLS: the nodes talk without it. */
const NO_TLS = 'ERR_SSL_WRONG_VERSION_NUMBER'

function speaksNoTls(where: string, cause: Error): WindrowError {
  return new WindrowError('WR_CASSANDRA_TLS', {
    message: `Cassandra (${where}) does not speak TLS at this address`,
    remedy: "Unset CASSANDRA_TLS, or turn on client_encryption_options in the nodes' cassandra.yaml.",
    facts: { where },
    kind: 'usage',
    cause,
  })
}

/** OpenSSL's and Node's codes of a certificate that is not believed, from either side. */
const TLS_CODE = /^(?:ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH)/

/** What the driver threw, as windrow has it. `where` without secrets. */
export function cassandraError(where: string, error: unknown): unknown {
  if (error instanceof WindrowError || !(error instanceof Error)) return error
  if (error instanceof errors.NoHostAvailableError) return noHost(where, error)
  if (error instanceof errors.AuthenticationError) return loginRefused(where, error)
  if (error instanceof errors.ResponseError) return answered(where, error)
  if (error instanceof errors.OperationTimedOutError) return cassandraAway(where, 'it does not answer in time', error)
  const { code, syscall, isSocketError } = error as NodeJS.ErrnoException & { isSocketError?: boolean }
  if (code === NO_TLS) return speaksNoTls(where, error)
  if (typeof code === 'string' && TLS_CODE.test(code)) return distrusted(where, error)
  if (isSocketError === true || syscall !== undefined) return cassandraAway(where, error.message, error)
  if (error instanceof errors.BusyConnectionError) return cassandraBusy(where, error.message, error)
  // What the driver says of itself (a connection that closes in mid-request, for one) passes with the connection.
  if (error instanceof errors.DriverError) return cassandraAway(where, error.message, error)
  return error
}

function answered(where: string, error: InstanceType<typeof errors.ResponseError>): WindrowError {
  if (error.code === codes.badCredentials) return loginRefused(where, error)
  if (error.code === codes.unauthorized) return forbidden(where, error)
  if (PASSING.includes(error.code)) return cassandraBusy(where, error.message, error)
  return refused(where, error)
}

/** The reasons of the single nodes say what is wrong: one that a person has to mend counts more than one that passes. */
function noHost(where: string, error: InstanceType<typeof errors.NoHostAvailableError>): WindrowError {
  const reasons = Object.values((error.innerErrors ?? {}) as Record<string, unknown>)
    .map((reason) => cassandraError(where, reason))
    .filter((reason): reason is WindrowError => reason instanceof WindrowError)
  const lasting = reasons.find(({ canRetry }) => !canRetry)
  if (lasting !== undefined) return lasting
  const passing = reasons.find(({ code }) => code === 'WR_CASSANDRA_BUSY')
  if (passing !== undefined) return passing
  const why = Object.entries((error.innerErrors ?? {}) as Record<string, unknown>).map(
    ([host, reason]) => `${host}: ${messageOf(reason)}`,
  )
  return cassandraAway(where, why.length === 0 ? 'no node is up, or none of the names is known' : why.join('; '), error)
}

/** A keyspace, a table or a column is not there. */
export function isMissing(error: unknown): boolean {
  if (!(error instanceof WindrowError) || error.code !== 'WR_CQL') return false
  const { code, message } = error.cause as InstanceType<typeof errors.ResponseError>
  return code === codes.invalid && /unconfigured|does not exist|undefined|unknown/i.test(message)
}

/** The same of a table or a keyspace alone. */
export function isMissingTable(error: unknown): boolean {
  return isMissing(error) && !/column/i.test(((error as WindrowError).cause as Error).message)
}

/** Of a statement that writes rows: what a row's own values are to blame for is that row's. */
export function rowError(view: string, error: unknown): unknown {
  if (!(error instanceof WindrowError) || error.code !== 'WR_CQL') return error
  const { code, message } = error.cause as InstanceType<typeof errors.ResponseError>
  // The same code says that the table or a column is gone, which is no row's fault.
  if (code !== codes.invalid || isMissing(error)) return error
  return new WindrowError('WR_ROW_REFUSED', {
    message: `Cassandra refuses a row of ${view}: ${message}`,
    remedy: 'Correct what the topology writes, or the limits of the nodes, then retry the dead letter: windrow dlq retry.',
    facts: { view },
    cause: error,
  })
}

export function fenced(view: string, partition: number): WindrowError {
  return new WindrowError('WR_FENCED', {
    message: `${view}/${partition} in Cassandra belongs to another owner by now`,
    remedy: 'Nothing needs to be done: the new owner goes on from the stored progress.',
    facts: { view, partition },
  })
}

export function mending(view: string): WindrowError {
  return new WindrowError('WR_SINK_MENDING', {
    message: `${view} in Cassandra is being compared with its topic`,
    remedy: 'Nothing needs to be done: this goes on when that is ready.',
    facts: { view },
    canRetry: true,
  })
}
