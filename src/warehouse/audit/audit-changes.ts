import { quoteText } from '../../sinks/postgres/quote.ts'
import { tableName } from '../../sinks/postgres/table-sql.ts'
import { WRITER_SETTING, WRITER_SINK } from '../../sinks/postgres/writer-setting.ts'
import { GROUPS } from '../roles.ts'
import type { SetupStep, SetupTarget } from '../setup-step.ts'
import { dollarQuoted } from './dollar-quoted.ts'

const FUNCTION = 'windrow_audit_change'

/**
 * Everybody's statements but those that the sink marks. Both who logged in and the role in force have to be what the mark needs, so
 * that neither a borrowed function nor a borrowed login carries it. Written to be true for a setting that was never set (null).
 */
export const NOT_THE_SINK = `pg_catalog.current_setting('${WRITER_SETTING}', true) IS DISTINCT FROM '${WRITER_SINK}'
  OR NOT pg_catalog.pg_has_role(session_user, '${GROUPS.etl}', 'MEMBER')
  OR NOT pg_catalog.pg_has_role(current_user, '${GROUPS.etl}', 'MEMBER')`

interface Trigger {
  readonly name: string
  readonly event: string
  /** The rows of the statement, under names that the function knows. */
  readonly rows: string
}

const TRIGGERS: readonly Trigger[] = [
  { name: 'windrow_audit_insert', event: 'AFTER INSERT', rows: 'REFERENCING NEW TABLE AS new_rows' },
  { name: 'windrow_audit_update', event: 'AFTER UPDATE', rows: 'REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows' },
  { name: 'windrow_audit_delete', event: 'AFTER DELETE', rows: 'REFERENCING OLD TABLE AS old_rows' },
  // Before, since afterwards nobody knows how many rows there were.
  { name: 'windrow_audit_truncate', event: 'BEFORE TRUNCATE', rows: '' },
]

/**
 * What writes a line for each row that a statement changed. To be run as the log's owner. It runs once a statement and nobody may call it,
 * or attach it to a table of theirs.
 */
export function auditFunction(schema: string): SetupStep[] {
  const log = tableName(schema, 'audit_log')
  const name = `${tableName(schema, FUNCTION)}()`
  // Old and new rows are stored side by side as each row is updated: the n-th belong together, also where the key is what changed. A row is
  // its table's name with a star, since a column may have any name.
  const body = `
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO ${log} (table_name, operation, details)
    SELECT TG_TABLE_NAME, TG_OP, jsonb_build_object('old', NULL, 'new', to_jsonb(new_rows.*))
    FROM new_rows;
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO ${log} (table_name, operation, details)
    SELECT TG_TABLE_NAME, TG_OP, jsonb_build_object('old', to_jsonb(old_rows.*), 'new', NULL)
    FROM old_rows;
  ELSIF TG_OP = 'UPDATE' THEN
    INSERT INTO ${log} (table_name, operation, details)
    SELECT TG_TABLE_NAME, TG_OP, jsonb_build_object('old', before.row, 'new', after.row)
    FROM (SELECT to_jsonb(old_rows.*) AS row, row_number() OVER () AS place FROM old_rows) AS before
    JOIN (SELECT to_jsonb(new_rows.*) AS row, row_number() OVER () AS place FROM new_rows) AS after USING (place)
    ORDER BY place;
  ELSE
    INSERT INTO ${log} (table_name, operation, details)
    SELECT TG_TABLE_NAME, TG_OP, jsonb_build_object('old', NULL, 'new', NULL,
      'rows_estimate', greatest(pg_stat_get_live_tuples(c.oid), c.reltuples::bigint, 0))
    FROM pg_class AS c
    WHERE c.oid = TG_RELID;
  END IF;
  RETURN NULL;
END`
  return [
    {
      what: 'writes a line for each row that is changed',
      // Details are the same whatever the session's settings are.
      sql: `CREATE OR REPLACE FUNCTION ${name} RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET "TimeZone" = 'UTC' SET extra_float_digits = 1
AS ${dollarQuoted(body)}`,
    },
    { what: 'lets nobody else use it', sql: `REVOKE ALL ON FUNCTION ${name} FROM PUBLIC` },
    {
      what: 'says what it is',
      sql: `COMMENT ON FUNCTION ${name} IS ${quoteText('Writes what a statement changed into audit_log. Kept by windrow.')}`,
    },
  ]
}

/** Puts every view's table that is there under watch. Whoever runs it owns the tables, or is a superuser. */
export function auditTriggers({ schema, views }: SetupTarget): SetupStep[] {
  return views.map((view) => {
    const table = tableName(schema, view.name)
    const body = `
BEGIN
  IF to_regclass(${quoteText(table)}) IS NOT NULL THEN
    ${TRIGGERS.map((trigger) => createTrigger(trigger, schema, table)).join('\n    ')}
  END IF;
END`
    return { what: `audits changes of ${view.name}`, sql: `DO ${dollarQuoted(body)}` }
  })
}

function createTrigger({ name, event, rows }: Trigger, schema: string, table: string): string {
  return `CREATE OR REPLACE TRIGGER ${name} ${event} ON ${table} ${rows}
      FOR EACH STATEMENT WHEN (${NOT_THE_SINK}) EXECUTE FUNCTION ${tableName(schema, FUNCTION)}();`
}
