import { WindrowError } from '../../core/errors.ts'

/** What Postgres says of an error. */
export interface SqlErrorFields {
  readonly message: string
  readonly sqlState: string
  readonly detail?: string | undefined
  readonly hint?: string | undefined
  /** Where in the statement, counted in characters from 1. */
  readonly position?: string | undefined
  readonly table?: string | undefined
  readonly column?: string | undefined
  readonly constraint?: string | undefined
}

/** The server said no: WR_SQL, retryable where the same statement may do later. */
export function sqlRefused(fields: SqlErrorFields, cause?: unknown): WindrowError {
  const { message, sqlState, detail, hint, position, table, column, constraint } = fields
  const given = Object.entries({ sqlState, detail, hint, position, table, column, constraint }).filter(
    ([, fact]) => fact !== undefined,
  )
  return new WindrowError('WR_SQL', {
    message: `Postgres refused a statement: ${message} (${sqlState})`,
    remedy: hint ?? 'Correct the statement; the SQLSTATE in brackets is explained in the appendix of the PostgreSQL manual.',
    facts: Object.fromEntries(given),
    cause,
    canRetry: retryableState(sqlState),
  })
}

export function sqlAway(where: string, why: string, cause?: unknown): WindrowError {
  return new WindrowError('WR_SQL_AWAY', {
    message: `Postgres (${where}) cannot be reached: ${why}`,
    remedy: 'Check that it runs and that POSTGRES_URL is right. A sink tries again by itself.',
    facts: { where },
    cause,
    canRetry: true,
  })
}

export function sqlTimeout(where: string, timeoutMs: number, cause?: unknown): WindrowError {
  return new WindrowError('WR_SQL_TIMEOUT', {
    message: `a statement on Postgres (${where}) took longer than ${timeoutMs / 1000} s and was given up`,
    remedy: 'Ask for less at once: a shorter range, fewer columns, or a LIMIT.',
    facts: { where, timeoutMs },
    cause,
    canRetry: true,
    tooMuchAtOnce: true,
  })
}

export function sqlClosed(where: string): WindrowError {
  return new WindrowError('WR_SQL_CLOSED', {
    message: `the connection to Postgres (${where}) has been closed`,
    remedy: 'Open another; nothing uses one that it closed.',
    facts: { where },
  })
}

/** The SQLSTATE of a WR_SQL, null of anything else. */
export function sqlStateOf(error: unknown): string | null {
  if (!(error instanceof WindrowError) || error.code !== 'WR_SQL') return null
  const state = error.facts.sqlState
  return typeof state === 'string' ? state : null
}

/**
 * Classes of SQLSTATE after which the same statement may do: connection (08), transaction rollback (40), insufficient resources (53),
 * operator intervention (57), system error (58), lock not available (55P03), and a server that is read-only for a while (25006).
 */
function retryableState(state: string): boolean {
  return /^(?:08|40|53|57|58)/.test(state) || state === '55P03' || state === '25006'
}
