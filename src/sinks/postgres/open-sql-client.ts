import type { Logger } from '../../core/logger.ts'
import { LocalPostgres } from './local-postgres.ts'
import { openPgClient } from './pg-client.ts'
import { clientOver } from './session-source.ts'
import type { SqlClient } from './sql-client.ts'

export interface OpenSqlClientOptions {
  /** A server; null for the embedded Postgres of the data directory. */
  readonly postgresUrl: string | null
  readonly dataDir: string
  readonly logger: Logger
}

/**
 * The Postgres that the views are in: a server, or the embedded one, whichever process of this machine has it. Nothing is opened before
 * the first statement.
 */
export function openSqlClient(options: OpenSqlClientOptions): SqlClient {
  const { postgresUrl, dataDir, logger } = options
  return postgresUrl === null ? clientOver(new LocalPostgres({ dataDir, logger })) : openPgClient({ url: postgresUrl, logger })
}
