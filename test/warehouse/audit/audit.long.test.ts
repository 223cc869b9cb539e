import { oneLocalPostgres } from '../../sinks/postgres/one-local-postgres.ts'
import { adminFunctionsSuite } from './admin-functions.suite.ts'
import { auditChangesSuite } from './audit-changes.suite.ts'
import { auditSetupSuite } from './audit-setup.suite.ts'

const { client, newSchema } = oneLocalPostgres()

auditChangesSuite(client, newSchema)
adminFunctionsSuite(client, newSchema)
auditSetupSuite(client, newSchema)
