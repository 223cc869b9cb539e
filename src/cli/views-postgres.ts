import type { Config } from '../config/load-config.ts'
import type { Logger } from '../core/logger.ts'
import { LocalPostgres } from '../sinks/postgres/local-postgres.ts'
import { openSqlClient } from '../sinks/postgres/open-sql-client.ts'
import { clientOver } from '../sinks/postgres/session-source.ts'
import type { SqlClient } from '../sinks/postgres/sql-client.ts'
import { openWirePort } from '../sinks/postgres/wire-port.ts'

/** The Postgres that the configuration names. Nothing is opened before the first statement. */
export function openViewsSql(config: Config, logger: Logger): SqlClient {
  return openSqlClient({ postgresUrl: config.postgresUrl?.reveal() ?? null, dataDir: config.dataDir, logger })
}

/** The same with the port for psql and BI tools, where one is configured. Closing the client closes the port. */
export async function openViewsSqlWithPort(config: Config, logger: Logger): Promise<SqlClient> {
  if (config.pgPort === null || config.postgresUrl !== null) return openViewsSql(config, logger)
  const source = new LocalPostgres({ dataDir: config.dataDir, logger })
  const sql = clientOver(source)
  const wirePort = await openWirePort({ source, port: config.pgPort, logger })
  logger.info({ port: wirePort.port }, `psql reaches the views: psql -h 127.0.0.1 -p ${wirePort.port} -U postgres postgres`)
  return {
    ...sql,
    async close() {
      await wirePort.close()
      await sql.close()
    },
  }
}
