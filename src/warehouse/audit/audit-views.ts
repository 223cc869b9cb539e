import { quoteName, quoteText } from '../../sinks/postgres/quote.ts'
import { tableName } from '../../sinks/postgres/table-sql.ts'
import { GROUPS, KEEPERS } from '../roles.ts'
import type { SetupStep } from '../setup-step.ts'
import { adminFunction } from './admin-function.ts'
import { dollarQuoted } from './dollar-quoted.ts'
import { keptObject } from './kept-object.ts'

/** Who changed what in the last 7 days. Sees what its reader may see. */
export function securityAuditSummary(schema: string): SetupStep {
  const query = `SELECT (l."timestamp" AT TIME ZONE 'UTC')::date AS day,
  l.user_name,
  l.table_name,
  l.operation,
  count(*) AS changes,
  count(DISTINCT l.transaction_id) AS transactions,
  min(l."timestamp") AS first_at,
  max(l."timestamp") AS last_at
FROM ${tableName(schema, 'audit_log')} AS l
WHERE l."timestamp" >= now() - interval '7 days'
GROUP BY 1, 2, 3, 4
ORDER BY day DESC, changes DESC, l.user_name, l.table_name, l.operation`
  return view(schema, 'security_audit_summary', {
    query,
    readers: [GROUPS.admin, GROUPS.backup],
    comment: 'Who changed what in the last 7 days, by day (UTC), user, table and operation. Kept by windrow.',
    columns: {
      changes: 'Lines of audit_log: a row that was changed is one.',
      transactions: 'In so many transactions.',
      first_at: 'The first of them.',
      last_at: 'The last of them.',
    },
  })
}

const CONNECTION = `pid integer, user_name text, application_name text, client_address inet, state text,
  connected_since timestamptz, state_since timestamptz, transaction_since timestamptz, waits_for text`

/** Who is connected, without what they ask: that would need a right to see every statement. */
export function activeConnections(schema: string): SetupStep[] {
  const name = 'windrow_connections'
  const made = adminFunction(schema, {
    owner: KEEPERS.audit,
    name,
    args: '',
    types: '',
    returns: `TABLE (${CONNECTION})`,
    security: 'SECURITY DEFINER',
    options: 'STABLE',
    body: `
BEGIN
  RETURN QUERY
  SELECT a.pid, a.usename::text, a.application_name, a.client_addr, a.state,
    a.backend_start, a.state_change, a.xact_start, a.wait_event_type || ': ' || a.wait_event
  FROM pg_stat_activity AS a
  WHERE a.datname = current_database() AND a.backend_type = 'client backend';
END`,
    comment: 'What active_connections shows. Kept by windrow.',
    caller: GROUPS.admin,
  })
  return [
    made,
    view(schema, 'active_connections', {
      query: `SELECT * FROM ${tableName(schema, name)}() ORDER BY connected_since, pid`,
      readers: [GROUPS.admin],
      comment: 'Who is connected to this database, and what their sessions do; not what they ask. Kept by windrow.',
      columns: {
        user_name: 'Who logged in.',
        state: 'active, idle, idle in transaction …, as pg_stat_activity says it.',
        state_since: 'Since when it is in this state.',
        transaction_since: 'When its transaction began; null outside any.',
        waits_for: 'What it waits for, the kind first; null where it does not wait.',
      },
    }),
  ]
}

/**
 * Without it the view shows of others' sessions who they are, and no more. It is for a superuser to give since PostgreSQL 16, and the rest
 * works without.
 */
export function connectionRights(): SetupStep {
  const body = `
BEGIN
  IF NOT pg_has_role('${KEEPERS.audit}', 'pg_read_all_stats', 'USAGE') THEN
    GRANT pg_read_all_stats TO ${KEEPERS.audit};
  END IF;
EXCEPTION WHEN insufficient_privilege THEN
  RAISE WARNING 'active_connections shows little of others'' sessions'
    USING HINT = 'Let a superuser run: GRANT pg_read_all_stats TO ${KEEPERS.audit}';
END`
  return { what: 'lets active_connections see all sessions', sql: `DO ${dollarQuoted(body)}` }
}

interface ViewParts {
  readonly query: string
  readonly readers: readonly string[]
  readonly comment: string
  readonly columns: Readonly<Record<string, string>>
}

function view(schema: string, name: string, { query, readers, comment, columns }: ViewParts): SetupStep {
  const full = tableName(schema, name)
  return keptObject({
    schema,
    owner: KEEPERS.audit,
    what: `the view ${name}`,
    kind: 'VIEW',
    name: full,
    make: [
      `CREATE OR REPLACE VIEW ${full} WITH (security_invoker = true) AS\n${query};`,
      ...Object.entries(columns).map(([column, text]) => `COMMENT ON COLUMN ${full}.${quoteName(column)} IS ${quoteText(text)};`),
    ],
    grants: readers.map((role) => [role, 'SELECT']),
    comment,
  })
}
