import { tableName } from '../../sinks/postgres/table-sql.ts'
import { GROUPS, KEEPERS } from '../roles.ts'
import type { SetupStep } from '../setup-step.ts'
import { adminFunction } from './admin-function.ts'

/** As far back as security_audit_summary looks: what it says stays true, and nobody deletes what was done this week. */
const LEAST_DAYS = 7
/** Longer ago than any line: beyond it dates end. */
const MOST_DAYS = 36_500

/** Deletes old lines and leaves one that says so.  */
export function cleanupAuditLogs(schema: string): SetupStep {
  const log = tableName(schema, 'audit_log')
  return adminFunction(schema, {
    owner: KEEPERS.audit,
    name: 'cleanup_audit_logs',
    args: 'days integer',
    types: 'integer',
    returns: 'bigint',
    security: 'SECURITY DEFINER',
    options: `SET "TimeZone" = 'UTC'`,
    body: `
DECLARE
  bound timestamptz;
  deleted bigint;
BEGIN
  IF days IS NULL OR days NOT BETWEEN ${LEAST_DAYS} AND ${MOST_DAYS} THEN
    RAISE EXCEPTION 'cleanup_audit_logs takes a number of days from ${LEAST_DAYS} to ${MOST_DAYS}, not %', coalesce(days::text, 'null')
      USING ERRCODE = 'invalid_parameter_value', HINT = 'cleanup_audit_logs(90) deletes what is older than 90 days.';
  END IF;
  bound := now() - make_interval(days => days);
  -- What the next set-up compares with stays: else nobody would be told who joined since.
  DELETE FROM ${log} AS l WHERE l."timestamp" < bound AND l.id IS DISTINCT FROM (
    SELECT n.id FROM ${log} AS n WHERE n.table_name = 'pg_auth_members' AND n.operation = 'ACCESS' ORDER BY n."timestamp" DESC, n.id DESC LIMIT 1);
  GET DIAGNOSTICS deleted = ROW_COUNT;
  INSERT INTO ${log} (table_name, operation, details)
  VALUES ('audit_log', 'CLEANUP', jsonb_build_object('old', NULL, 'new', NULL, 'days', days, 'before', bound, 'deleted', deleted));
  RETURN deleted;
END`,
    comment: `Deletes the lines of audit_log that are older than so many days (${LEAST_DAYS} at least) but for the newest of who is a member of what, says how many, and leaves a line about it. Kept by windrow.`,
    caller: GROUPS.admin,
  })
}
