import { afterAll, beforeAll } from 'vitest'
import { hasPostgres, startPostgres } from '../../../scripts/services/postgres.js'
import type { PostgresOptions } from '../../../scripts/services/service.js'
import { openPgClient } from '../../../src/sinks/postgres/pg-client.ts'
import type { SqlClient } from '../../../src/sinks/postgres/sql-client.ts'
import { silentLogger } from '../../sinks/silent-logger.ts'

export type Server = Awaited<ReturnType<typeof startPostgres>>

/** Of a user's own, on which schemas can be made and dropped: postgres://postgres@127.0.0.1:5432/postgres. Empty: we start one. */
const namedUrl = process.env.TEST_POSTGRES_URL ?? ''

/** Whether a server can be started, and ended, here. */
export const canStart = hasPostgres()
/** Whether there is one to ask. */
export const canAsk = namedUrl !== '' || canStart

export interface TestServer {
  /** Only while tests run, and not where a user's own is asked. */
  readonly server: Server
  /** Clients with connections of their own, as those of different processes; closed in the end. */
  readonly clients: readonly [SqlClient, SqlClient]
  readonly url: string
}

/** A server for the tests of a block. */
export function testServer(options: PostgresOptions = {}): TestServer {
  let server: Server | null = null
  const running = (): Server => {
    if (server === null) throw new Error('The server is there while tests run')
    return server
  }
  const url = (): string => (namedUrl === '' ? running().url : namedUrl)
  const clients = [lateClient(url), lateClient(url)] as const
  beforeAll(async () => {
    if (namedUrl === '') server = await startPostgres(options)
  })
  afterAll(async () => {
    for (const client of clients) await client.close()
    await server?.stop()
  })
  return {
    clients,
    get server() {
      return running()
    },
    get url() {
      return url()
    },
  }
}

/** Knows where to connect to when it is first asked. */
function lateClient(url: () => string): SqlClient {
  let opened: SqlClient | null = null
  const client = (): SqlClient => {
    opened ??= openPgClient({ url: url(), logger: silentLogger })
    return opened
  }
  return {
    query: (text, parameters) => client().query(text, parameters),
    transaction: (work, options) => client().transaction(work, options),
    describe: () => client().describe(),
    close: async () => opened?.close(),
  }
}
