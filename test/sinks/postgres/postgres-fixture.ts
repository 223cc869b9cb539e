import { postgresSink } from '../../../src/sinks/postgres/postgres-sink.ts'
import type { SqlClient } from '../../../src/sinks/postgres/sql-client.ts'
import { tableName } from '../../../src/sinks/postgres/table-sql.ts'
import type { StoreFixture } from '../../conformance/sink-conformance.ts'
import { ageProgress, readRows, removeRows, upsertRows } from './postgres-rows.ts'

/** A schema as a store. The first sink writes with the first client, the next with the next, and so on in turn. */
export function postgresFixture(schema: string, client: SqlClient, ...others: readonly SqlClient[]): StoreFixture {
  const clients = [client, ...others]
  let sinks = 0
  return {
    sink: () => postgresSink({ client: clients[sinks++ % clients.length] ?? client, schema }),
    rows: (view) => readRows(client, schema, view),
    tamper: (view, cells) => upsertRows(client, schema, view, [[...cells]]),
    ageProgress: (view, ms) => ageProgress(client, schema, view, ms),
    remove: (view, key) => removeRows(client, schema, view, [[...key]]),
    dropTable: async (view) => {
      await client.query(`DROP TABLE ${tableName(schema, view.name)}`)
    },
    refuseThirteen: async (view) => {
      await client.query(`ALTER TABLE ${tableName(schema, view.name)} ADD CONSTRAINT unlucky CHECK (n <> 13)`)
    },
  }
}
