import { sinkConformance } from '../../conformance/sink-conformance.ts'
import { localPostgresSuite } from './local-postgres.suite.ts'
import { mendAwaySuite } from './mend-away.suite.ts'
import { oneLocalPostgres } from './one-local-postgres.ts'
import { postgresFixture } from './postgres-fixture.ts'
import { sqlViewsSuite } from './sql-views.suite.ts'
import { starSchemaSuite } from './star-schema.suite.ts'
import { tablesSuite } from './tables.suite.ts'
import { timeIndexesSuite } from './time-indexes.suite.ts'
import { wirePortSuite } from './wire-port.suite.ts'

const { dataDir, source, client, newSchema } = oneLocalPostgres()

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
