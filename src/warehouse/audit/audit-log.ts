import { quoteText } from '../../sinks/postgres/quote.ts'
import { tableName } from '../../sinks/postgres/table-sql.ts'
import { GROUPS, KEEPERS } from '../roles.ts'
import type { SetupStep } from '../setup-step.ts'
import { keptObject } from './kept-object.ts'

const COMMENT = `What people changed in windrow's tables, a line a row: written by triggers, and by functions that administrators run. windrow's own writes are not in it.`

const COLUMN_COMMENTS: Readonly<Record<string, string>> = {
  id: 'In the order of writing; numbers of transactions that were rolled back are missing.',
  table_name: 'The table that was changed.',
  operation:
    'INSERT, UPDATE, DELETE or TRUNCATE; PASSWORD: change_user_password() was called; CLEANUP: cleanup_audit_logs() was.',
  user_name: 'Who had logged in.',
  role_name: 'The role that was in force: that of SET ROLE, else user_name.',
  application_name: 'What the program said it is.',
  client_address: 'Where the connection came from: a pooler, where there is one; null for a local socket.',
  transaction_id: 'The same in all lines of a transaction.',
  timestamp: 'When the line was written.',
  details:
    'old and new: the row before and after, each null where there is none; times in UTC; NaN and the infinities as texts. Of other operations: what they concerned.',
}

/** The table of changes. Nobody but its owner may write it. */
export function auditLog(schema: string): SetupStep[] {
  const log = tableName(schema, 'audit_log')
  const sequence = tableName(schema, 'audit_log_id_seq')
  return [
    keptObject({
      schema,
      owner: KEEPERS.audit,
      what: 'the table audit_log',
      kind: 'TABLE',
      name: log,
      make: [
        refuseForeign(log),
        createLog(log, sequence),
        `CREATE INDEX IF NOT EXISTS audit_log_timestamp_idx ON ${log} ("timestamp");`,
        `CREATE INDEX IF NOT EXISTS audit_log_table_name_timestamp_idx ON ${log} (table_name, "timestamp");`,
        ...Object.entries(COLUMN_COMMENTS).map(
          ([column, comment]) => `COMMENT ON COLUMN ${log}."${column}" IS ${quoteText(comment)};`,
        ),
      ],
      grants: [
        [GROUPS.admin, 'SELECT'],
        [GROUPS.backup, 'SELECT'],
      ],
      comment: COMMENT,
    }),
    keptObject({
      schema,
      owner: KEEPERS.audit,
      what: 'the numbers of audit_log',
      kind: 'SEQUENCE',
      name: sequence,
      make: [],
      // A dump holds where the numbers are.
      grants: [[GROUPS.backup, 'SELECT']],
      comment: 'Numbers of audit_log. Kept by windrow.',
    }),
  ]
}

/** The session's facts are defaults, so that whatever writes a line writes them. */
function createLog(log: string, sequence: string): string {
  return `CREATE TABLE IF NOT EXISTS ${log} (
  id bigint GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME ${sequence}) PRIMARY KEY,
  table_name text NOT NULL,
  operation text NOT NULL,
  user_name text NOT NULL DEFAULT session_user,
  role_name text NOT NULL DEFAULT coalesce(nullif(current_setting('role'), 'none'), session_user),
  application_name text NOT NULL DEFAULT current_setting('application_name'),
  client_address inet DEFAULT inet_client_addr(),
  transaction_id bigint NOT NULL DEFAULT pg_current_xact_id()::text::bigint,
  "timestamp" timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  details jsonb NOT NULL
);`
}

/** A table of somebody else's under that name is neither written nor given away. */
function refuseForeign(log: string): string {
  const name = quoteText(log)
  return `IF EXISTS (SELECT FROM pg_class WHERE oid = to_regclass(${name}) AND pg_get_userbyid(relowner) <> '${KEEPERS.audit}') THEN
    RAISE EXCEPTION '% is there and is not windrow''s', ${name}
      USING ERRCODE = 'duplicate_table', HINT = 'Rename it, and run the set-up again.';
  END IF;`
}
