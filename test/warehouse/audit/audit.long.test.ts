import { afterAll } from 'vitest'
import { LocalPostgres } from '../../../src/sinks/postgres/local-postgres.ts'
import { clientOver } from '../../../src/sinks/postgres/session-source.ts'
import { silentLogger } from '../../sinks/silent-logger.ts'
import { makeTempDirectory, removeDirectory } from '../../sinks/temp-directory.ts'
import { adminFunctionsSuite } from './admin-functions.suite.ts'
import { auditChangesSuite } from './audit-changes.suite.ts'
import { auditSetupSuite } from './audit-setup.suite.ts'

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

auditChangesSuite(client, newSchema)
adminFunctionsSuite(client, newSchema)
auditSetupSuite(client, newSchema)
