import { KEEPERS } from '../roles.ts'
import type { SetupStep, SetupTarget } from '../setup-step.ts'
import { accessEvent } from './access-event.ts'
import { asRole, withKeepers } from './as-keepers.ts'
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
 * of. All in one transaction: on the way a role is taken that its end would take back.
 */
export function auditSteps(target: SetupTarget): SetupStep[] {
  const { schema } = target
  const ofAudit = [
    ...auditLog(schema),
    auditFunction(schema),
    auditEvent(schema),
    accessEvent(schema),
    cleanupAuditLogs(schema),
    securityAuditSummary(schema),
    ...activeConnections(schema),
    tableStats(schema),
  ]
  return [
    connectionRights(),
    passwordRights(),
    ...withKeepers(schema, [
      ...asRole(KEEPERS.audit, ofAudit),
      ...asRole(KEEPERS.passwords, [scramFunction(schema), changeUserPassword(schema)]),
      ...auditTriggers(target),
    ]),
  ]
}
