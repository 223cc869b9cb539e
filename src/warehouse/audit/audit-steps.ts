import type { SetupStep, SetupTarget } from '../setup-step.ts'
import { accessEvent } from './access-event.ts'
import { keepersLookInto } from './as-keeper.ts'
import { auditFunction, auditTriggers } from './audit-changes.ts'
import { auditEvent } from './audit-event.ts'
import { auditLog } from './audit-log.ts'
import { activeConnections, connectionRights, securityAuditSummary } from './audit-views.ts'
import { changeUserPassword, passwordRights } from './change-user-password.ts'
import { cleanupAuditLogs } from './cleanup-audit-logs.ts'
import { scramFunction } from './scram-function.ts'
import { tableStats } from './table-stats.ts'

/**
 * The audit and what administrators run. The roles are there, and the tables belong to whoever runs this or to a role that it is a member
 * of. `search_path` is that of Postgres' own names.
 */
export function auditSteps(target: SetupTarget): SetupStep[] {
  const { schema } = target
  return [
    connectionRights(),
    passwordRights(),
    keepersLookInto(schema),
    ...auditLog(schema),
    auditFunction(schema),
    auditEvent(schema),
    accessEvent(schema),
    cleanupAuditLogs(schema),
    securityAuditSummary(schema),
    ...activeConnections(schema),
    tableStats(schema),
    scramFunction(schema),
    changeUserPassword(schema),
    ...auditTriggers(target),
  ]
}
