import { WindrowError } from '../../core/errors.ts'
import { sqlStateOf } from './sql-errors.ts'

/** The oldest version that the sink is tried on; older ones do not have all that it uses. */
const OLDEST_VERSION = 15

/**
 * True for a statement that fails because of the values in it: data exception (22), integrity constraint (23), a limit of Postgres (54), an
 * exception that a trigger raises (P0001), or a view's check (44).
 */
function refusesValues(state: string): boolean {
  return /^(?:22|23|44|54)/.test(state) || state === 'P0001'
}

/** The error of a statement that writes rows, as the sink's port has it. */
export function rowError(view: string, error: unknown): unknown {
  const state = sqlStateOf(error)
  if (state === null || !refusesValues(state) || !(error instanceof WindrowError)) return error
  return new WindrowError('WR_ROW_REFUSED', {
    message: `Postgres refuses a row of ${view}: ${withoutPrefix(error)}`,
    remedy: `Remove the constraint or trigger that refuses it from the table ${view}, then retry the dead letter: windrow dlq retry.`,
    facts: { view, ...error.facts },
    cause: error,
  })
}

/** Runs what the sink does as a whole: what is to be mended in the server is told as such. */
export async function asSink<T>(where: string, schema: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    switch (sqlStateOf(error)) {
      case '42501':
        throw noRights(where, schema, error as WindrowError)
      case '25006':
        throw readOnly(where, error as WindrowError)
      default:
        throw error
    }
  }
}

export function fenced(view: string, partition: number): WindrowError {
  return new WindrowError('WR_FENCED', {
    message: `${view}/${partition} in Postgres belongs to another owner by now; nothing was written`,
    remedy: 'Nothing needs to be done: the new owner goes on from the stored progress.',
    facts: { view, partition },
  })
}

export function mending(view: string): WindrowError {
  return new WindrowError('WR_SINK_MENDING', {
    message: `${view} in Postgres is being compared with its topic`,
    remedy: 'Nothing needs to be done: this goes on when that is ready.',
    facts: { view },
    canRetry: true,
  })
}

/** `version` as `server_version_num` says it: 150004. */
export function assertVersion(where: string, version: number): void {
  if (version >= OLDEST_VERSION * 10_000) return
  const found =
    version >= 100_000 ? Math.floor(version / 10_000) : `${Math.floor(version / 10_000)}.${Math.floor(version / 100) % 100}`
  throw new WindrowError('WR_SQL_VERSION', {
    message: `the Postgres at ${where} is version ${found}, and windrow needs ${OLDEST_VERSION} or newer`,
    remedy: `Upgrade the server, or let POSTGRES_URL name another; unset, the embedded Postgres is used.`,
    facts: { where, version },
    kind: 'usage',
  })
}

function noRights(where: string, schema: string, error: WindrowError): WindrowError {
  return new WindrowError('WR_SQL_RIGHTS', {
    message: `windrow's user may not do what it has to in Postgres (${where}): ${withoutPrefix(error)}`,
    remedy: `GRANT USAGE, CREATE ON SCHEMA ${schema}, and SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schema} to the user; tables to which columns are added have to be its own.`,
    facts: { where, schema, ...error.facts },
    kind: 'usage',
    cause: error,
  })
}

function readOnly(where: string, error: WindrowError): WindrowError {
  return new WindrowError('WR_SQL_READ_ONLY', {
    message: `Postgres (${where}) only lets read: it is a standby, or default_transaction_read_only is on`,
    remedy: 'Let POSTGRES_URL name the primary, or make this one writable; windrow tries again by itself.',
    facts: { where },
    cause: error,
    canRetry: true,
  })
}

function withoutPrefix(error: WindrowError): string {
  return error.message.replace(/^Postgres refused a statement: /, '')
}
