import { messageOf, WindrowError } from '../../core/errors.ts'
import { type SqlErrorFields, sqlAway, sqlRefused } from './sql-errors.ts'

/** What keeps a client from connecting, as far as a person has to mend it: else WR_SQL_AWAY. `fields` is what the server said, if it did. */
export function connectError(where: string, error: unknown, fields: SqlErrorFields | null): WindrowError {
  const message = messageOf(error)
  if (fields === null) return isAboutTls(error, message) ? noTls(where, message, error) : sqlAway(where, message, error)
  switch (fields.sqlState) {
    case '3D000':
      return usage('WR_SQL_DATABASE', where, error, {
        message: `Postgres (${where}) has no such database: ${message}`,
        remedy: 'Make it (CREATE DATABASE), or correct the name behind the last slash of POSTGRES_URL.',
      })
    case '28000':
    case '28P01':
    case '42501':
      return /no encryption/i.test(message) ? noTls(where, message, error) : noLogin(where, message, error)
    default:
      // It starts, ends, or has no room for one more: nothing that the statement is to blame for.
      return /^(?:08|53|57)/.test(fields.sqlState) ? sqlAway(where, message, error) : sqlRefused(fields, error)
  }
}

function noLogin(where: string, message: string, cause: unknown): WindrowError {
  return usage('WR_SQL_LOGIN', where, cause, {
    message: `Postgres (${where}) does not let windrow in: ${message}`,
    remedy:
      'Correct the user and password in POSTGRES_URL (or the file that POSTGRES_URL_FILE names), or let the user in: pg_hba.conf, GRANT CONNECT.',
  })
}

function noTls(where: string, message: string, cause: unknown): WindrowError {
  return usage('WR_SQL_TLS', where, cause, {
    message: `Postgres (${where}) and windrow do not agree on TLS: ${message}`,
    remedy:
      'A server that wants TLS: add ?sslmode=verify-full to POSTGRES_URL, and &sslrootcert=FILE where its certificate is not of a public authority. One that has none: sslmode=disable.',
  })
}

function usage(
  code: 'WR_SQL_DATABASE' | 'WR_SQL_LOGIN' | 'WR_SQL_TLS',
  where: string,
  cause: unknown,
  texts: { readonly message: string; readonly remedy: string },
): WindrowError {
  return new WindrowError(code, { ...texts, facts: { where }, kind: 'usage', cause })
}

/** Node's codes of certificates that are not accepted, files of them that cannot be read, and what `pg` says of a server without TLS. */
function isAboutTls(error: unknown, message: string): boolean {
  const { code, syscall } = error instanceof Error ? (error as NodeJS.ErrnoException) : {}
  if (syscall === 'open') return true
  if (code !== undefined && /CERT|^ERR_TLS|^ERR_SSL|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/.test(code)) return true
  return /does not support SSL|SSL connection/i.test(message)
}

/** A pooler between (PgBouncer, RDS Proxy) refuses settings that it does not know, or all. */
export function refusesSettings(fields: SqlErrorFields | null): boolean {
  return fields !== null && /^(?:08P01|0A000)$/.test(fields.sqlState) && /startup parameter|options/i.test(fields.message)
}
