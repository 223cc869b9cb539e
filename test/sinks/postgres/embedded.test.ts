import { afterAll } from 'vitest'
import { LocalPostgres } from '../../../src/sinks/postgres/local-postgres.ts'
import { postgresSink } from '../../../src/sinks/postgres/postgres-sink.ts'
import { clientOver } from '../../../src/sinks/postgres/session-source.ts'
import { tableName } from '../../../src/sinks/postgres/table-sql.ts'
import { sinkConformance } from '../../conformance/sink-conformance.ts'
import { silentLogger } from '../silent-logger.ts'
import { makeTempDirectory, removeDirectory } from '../temp-directory.ts'
import { localPostgresSuite } from './local-postgres.suite.ts'
import { ageProgress, readRows, removeRows, upsertRows } from './postgres-rows.ts'
import { sqlViewsSuite } from './sql-views.suite.ts'
import { tablesSuite } from './tables.suite.ts'
import { wirePortSuite } from './wire-port.suite.ts'

// One embedded Postgres for all of these: to start one takes longer than most of the tests.
const dataDir = makeTempDirectory()
const source = new LocalPostgres({ dataDir, logger: silentLogger })
const client = clientOver(source)
let schemas = 0
const newSchema = (): string => `schema_${++schemas}`

afterAll(async () => {
  await source.close()
  removeDirectory(dataDir)
})

localPostgresSuite(dataDir, source)
tablesSuite(client, newSchema)
sqlViewsSuite(client, newSchema)
sinkConformance({
  name: 'embedded Postgres',
  fences: true,
  manyRows: 2_000,
  async fixture() {
    const schema = newSchema()
    return {
      sink: () => postgresSink({ client, schema }),
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
  },
})
wirePortSuite(source)
