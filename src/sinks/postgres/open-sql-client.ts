import type { Logger } from '../../core/logger.ts'
import { LocalPostgres } from './local-postgres.ts'
import { openPgClient } from './pg-client.ts'
import { clientOver, type SessionSource } from './session-source.ts'
import type { SqlClient } from './sql-client.ts'

export interface OpenSqlClientOptions {
  /** A server; null for the embedded Postgres of the data directory. */
  readonly postgresUrl: string | null
  readonly dataDir: string
  readonly logger: Logger
}

/** The Postgres that the views are in. */
export interface OpenPostgres {
  readonly client: SqlClient
  /** The session behind the client, for `openWirePort`; null where the Postgres is a server with a port of its own. */
  readonly embedded: SessionSource | null
}

/**
 * A server, or the embedded Postgres, whichever process of this machine has it. Nothing is opened before the first statement. Closing the
 * client closes all.
 */
export function openPostgres(options: OpenSqlClientOptions): OpenPostgres {
  const { postgresUrl, dataDir, logger } = options
  if (postgresUrl !== null) return { client: openPgClient({ url: postgresUrl, logger }), embedded: null }
  const embedded = new LocalPostgres({ dataDir, logger })
  return { client: clientOver(embedded), embedded }
}

export function openSqlClient(options: OpenSqlClientOptions): SqlClient {
  return openPostgres(options).client
}
