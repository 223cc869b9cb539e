import { afterAll } from 'vitest'
import { LocalPostgres } from '../../../src/sinks/postgres/local-postgres.ts'
import { clientOver } from '../../../src/sinks/postgres/session-source.ts'
import { sinkConformance } from '../../conformance/sink-conformance.ts'
import { silentLogger } from '../silent-logger.ts'
import { makeTempDirectory, removeDirectory } from '../temp-directory.ts'
import { localPostgresSuite } from './local-postgres.suite.ts'
import { mendAwaySuite } from './mend-away.suite.ts'
import { postgresFixture } from './postgres-fixture.ts'
import { sqlViewsSuite } from './sql-views.suite.ts'
import { starSchemaSuite } from './star-schema.suite.ts'
import { tablesSuite } from './tables.suite.ts'
import { timeIndexesSuite } from './time-indexes.suite.ts'
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
mendAwaySuite(client, newSchema)
timeIndexesSuite(client, newSchema)
sqlViewsSuite(client, newSchema)
starSchemaSuite(client, newSchema)
sinkConformance({
  name: 'embedded Postgres',
  fences: true,
  manyRows: 2_000,
  fixture: async () => postgresFixture(newSchema(), client),
})
wirePortSuite(source)
