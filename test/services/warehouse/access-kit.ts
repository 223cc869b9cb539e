import { afterAll, beforeAll } from 'vitest'
import { startPostgres } from '../../../scripts/services/postgres.js'
import { openPgClient } from '../../../src/sinks/postgres/pg-client.ts'
import type { SqlClient } from '../../../src/sinks/postgres/sql-client.ts'
import { scramVerifier } from '../../../src/warehouse/access/scram-verifier.ts'
import { silentLogger } from '../../sinks/silent-logger.ts'

type Server = Awaited<ReturnType<typeof startPostgres>>

export interface GuardedServer {
  readonly server: Server
  /** Of its superuser. */
  readonly admin: SqlClient
  url(user: string, password: string): string
  /** A client that has logged in with that password; closed in the end. */
  as(user: string, password: string): SqlClient
}

/** A server on which a password is asked for (SCRAM), and every statement lands in the log. */
export function guardedServer(): GuardedServer {
  const clients: SqlClient[] = []
  let server: Server | null = null
  const running = (): Server => {
    if (server === null) throw new Error('The server is there while tests run')
    return server
  }
  const open = (url: string): SqlClient => {
    const client = openPgClient({ url, logger: silentLogger, connections: 2 })
    clients.push(client)
    return client
  }
  let admin: SqlClient | null = null
  beforeAll(async () => {
    server = await startPostgres({
      password: 'the superuser of this test',
      settings: { log_statement: 'all', log_min_error_statement: 'error', log_min_duration_statement: '0', log_duration: 'on' },
    })
    admin = open(server.url)
  })
  afterAll(async () => {
    for (const client of clients) await client.close()
    await server?.stop()
  })
  const url = (user: string, password: string): string =>
    `postgres://${encodeURIComponent(user)}:${encodeURIComponent(password)}@127.0.0.1:${running().port}/windrow`
  return {
    get server() {
      return running()
    },
    get admin() {
      if (admin === null) throw new Error('The server is there while tests run')
      return admin
    },
    url,
    as: (user, password) => open(url(user, password)),
  }
}

/** The verifier of a password as a text constant. */
export const verifierOf = (password: string): string => `'${scramVerifier(password)}'`
