import { tableName } from '../../sinks/postgres/table-sql.ts'
import type { SetupStep } from '../setup-step.ts'
import type { Keeper } from './as-keeper.ts'
import { dollarQuoted } from './dollar-quoted.ts'
import { keptObject } from './kept-object.ts'

export interface FunctionParts {
  readonly owner: Keeper
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
  /** The role that may call it, and nobody else; null: its owner alone. */
  readonly caller: string | null
}

/** A function of a keeper's: sees Postgres' own names alone, and only its caller may call it. */
export function adminFunction(schema: string, parts: FunctionParts): SetupStep {
  const { owner, name, args, types, returns, security, options = '', body, comment, caller } = parts
  const full = tableName(schema, name)
  return keptObject({
    schema,
    owner,
    what: `the function ${name}`,
    kind: 'FUNCTION',
    name: `${full}(${types})`,
    make: [
      `CREATE OR REPLACE FUNCTION ${full}(${args}) RETURNS ${returns}
LANGUAGE plpgsql ${security} ${options}
SET search_path = pg_catalog, pg_temp
AS ${dollarQuoted(body)};`,
    ],
    grants: caller === null ? [] : [[caller, 'EXECUTE']],
    comment,
  })
}
