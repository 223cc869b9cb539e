import { afterAll } from 'vitest'
import { openSqlClient } from '../../../src/sinks/postgres/open-sql-client.ts'
import { postgresSink } from '../../../src/sinks/postgres/postgres-sink.ts'
import { tableName } from '../../../src/sinks/postgres/table-sql.ts'
import { sinkConformance } from '../../conformance/sink-conformance.ts'
import { silentLogger } from '../silent-logger.ts'
import { makeTempDirectory, removeDirectory } from '../temp-directory.ts'
import { readRows, removeRows, upsertRows } from './postgres-rows.ts'

const dataDir = makeTempDirectory()
const client = openSqlClient({ postgresUrl: null, dataDir, logger: silentLogger })
let schemas = 0

afterAll(async () => {
  await client.close()
  removeDirectory(dataDir)
})

sinkConformance({
  name: 'embedded Postgres',
  fences: true,
  async fixture() {
    const schema = `conformance_${++schemas}`
    return {
      sink: () => postgresSink({ client, schema }),
      rows: (view) => readRows(client, schema, view),
      tamper: (view, cells) => upsertRows(client, schema, view, [[...cells]]),
      remove: (view, key) => removeRows(client, schema, view, [[...key]]),
      refuseThirteen: async (view) => {
        await client.query(`ALTER TABLE ${tableName(schema, view.name)} ADD CONSTRAINT unlucky CHECK (n <> 13)`)
      },
    }
  },
})
