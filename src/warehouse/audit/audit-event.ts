import { tableName } from '../../sinks/postgres/table-sql.ts'
import { KEEPERS } from '../roles.ts'
import type { SetupStep } from '../setup-step.ts'
import { adminFunction } from './admin-function.ts'

/** Takes down what the function that changes passwords does; nobody else may call it.  */
export function auditEvent(schema: string): SetupStep {
  return adminFunction(schema, {
    owner: KEEPERS.audit,
    name: 'windrow_audit_event',
    args: 'table_name text, operation text, details jsonb',
    types: 'text, text, jsonb',
    returns: 'void',
    security: 'SECURITY DEFINER',
    body: `
BEGIN
  INSERT INTO ${tableName(schema, 'audit_log')} (table_name, operation, details) VALUES ($1, $2, $3);
END`,
    comment: 'Writes a line about what is no change of a row into audit_log. Kept by windrow.',
    caller: KEEPERS.passwords,
  })
}
