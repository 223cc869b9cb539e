import { afterAll } from 'vitest'
import { LocalPostgres } from '../../../src/sinks/postgres/local-postgres.ts'
import { clientOver } from '../../../src/sinks/postgres/session-source.ts'
import type { SqlClient } from '../../../src/sinks/postgres/sql-client.ts'
import { silentLogger } from '../silent-logger.ts'
import { makeTempDirectory, removeDirectory } from '../temp-directory.ts'

export interface OneLocalPostgres {
  readonly dataDir: string
  readonly source: LocalPostgres
  readonly client: SqlClient
  /** Another name at each call. */
  newSchema(): string
}

/** One embedded Postgres for all tests of a file, since to start one takes longer than most of them. Closed and removed in the end. */
export function oneLocalPostgres(): OneLocalPostgres {
  const dataDir = makeTempDirectory()
  const source = new LocalPostgres({ dataDir, logger: silentLogger })
  let schemas = 0
  afterAll(async () => {
    await source.close()
    removeDirectory(dataDir)
  })
  return { dataDir, source, client: clientOver(source), newSchema: () => `schema_${++schemas}` }
}
