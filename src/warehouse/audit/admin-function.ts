import { quoteText } from '../../sinks/postgres/quote.ts'
import { tableName } from '../../sinks/postgres/table-sql.ts'
import type { SetupStep } from '../setup-step.ts'
import { dollarQuoted } from './dollar-quoted.ts'

export interface FunctionParts {
  readonly name: string
  /** As in CREATE FUNCTION, with names. */
  readonly args: string
  /** Their types alone, by which it is named. */
  readonly types: string
  readonly returns: string
  /** `SECURITY DEFINER`: as its owner; `SECURITY INVOKER`: as the caller. */
  readonly security: 'SECURITY DEFINER' | 'SECURITY INVOKER'
  /** Volatility and further settings. */
  readonly options?: string
  readonly body: string
  readonly comment: string
  /** The roles that may call it, and nobody else. */
  readonly callers: string
}

/** A function of the owner that runs this: sees Postgres' own names alone, and only its callers may call it. */
export function adminFunction(schema: string, parts: FunctionParts): SetupStep[] {
  const { name, args, types, returns, security, options = '', body, comment, callers } = parts
  const full = tableName(schema, name)
  return [
    {
      what: `makes ${name}`,
      sql: `CREATE OR REPLACE FUNCTION ${full}(${args}) RETURNS ${returns}
LANGUAGE plpgsql ${security} ${options}
SET search_path = pg_catalog, pg_temp
AS ${dollarQuoted(body)}`,
    },
    { what: `says what ${name} is`, sql: `COMMENT ON FUNCTION ${full}(${types}) IS ${quoteText(comment)}` },
    { what: `lets nobody call ${name}`, sql: `REVOKE ALL ON FUNCTION ${full}(${types}) FROM PUBLIC` },
    { what: `lets ${callers} call ${name}`, sql: `GRANT EXECUTE ON FUNCTION ${full}(${types}) TO ${callers}` },
  ]
}
