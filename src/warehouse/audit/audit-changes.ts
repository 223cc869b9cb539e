import { createHash } from 'node:crypto'
import { quoteText } from '../../sinks/postgres/quote.ts'
import type { SqlSession } from '../../sinks/postgres/sql-client.ts'
import { tableName } from '../../sinks/postgres/table-sql.ts'
import { WRITER_SETTING, WRITER_SINK } from '../../sinks/postgres/writer-setting.ts'
import { GROUPS, KEEPERS } from '../roles.ts'
import type { SetupStep, SetupTarget } from '../setup-step.ts'
import { adminFunction } from './admin-function.ts'
import { withKeeper } from './as-keeper.ts'
import { dollarQuoted } from './dollar-quoted.ts'

const FUNCTION = 'windrow_audit_change'
const COMMENT = 'Writes changes into audit_log. Kept by windrow.'

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

/** Types below it are Postgres' own. */
const FIRST_OWN_TYPE = 16384

/** SQL for a column, a row of pg_attribute `a`, as the log has it. `format` asks the type itself, and no cast that somebody made. */
const COLUMN = `CASE WHEN a.atttypid < ${FIRST_OWN_TYPE} THEN format('c.%I', a.attname)
      ELSE format('CASE WHEN num_nulls(c.%1$I) = 0 THEN format(''%%s'', c.%1$I) END AS %1$I', a.attname) END`

/**
 * What writes a line for each row that a statement changed.  It runs once a statement and nobody may call it,
 * or attach it to a table of theirs. JSON of a value is what a cast makes of it where its type has one, and whoever owns the tables may
 * make types and casts: run here, such a cast could write the log. So it gets the texts of values whose types are not Postgres' own.
 */
export function auditFunction(schema: string): SetupStep {
  const log = tableName(schema, 'audit_log')
  const write = `INSERT INTO ${log} (table_name, operation, details) SELECT $1, $2, `
  const from = (rows: string): string => `format('(SELECT %s FROM ${rows} AS c) AS ${rows}', columns)`
  // Old and new rows are stored side by side as each row is updated: the n-th belong together, also where the key is what changed. Where there
  // are not as many (a row moves to a partition that does not take it) none are brought together. A row is its table's name with a star, since
  // a column may have any name.
  const numbered = (rows: string): string =>
    `${quoteText(`(SELECT to_jsonb(${rows}.*) AS row, row_number() OVER () AS place, count(*) OVER () AS total FROM `)} || ${from(rows)} || ')'`
  const body = `
DECLARE
  columns text := (SELECT string_agg(${COLUMN}, ', ' ORDER BY a.attnum)
    FROM pg_attribute AS a WHERE a.attrelid = TG_RELID AND a.attnum > 0 AND NOT a.attisdropped);
BEGIN
  IF TG_OP = 'INSERT' THEN
    EXECUTE ${quoteText(`${write} jsonb_build_object('old', NULL, 'new', to_jsonb(new_rows.*)) FROM `)} || ${from('new_rows')}
      USING TG_TABLE_NAME, TG_OP;
  ELSIF TG_OP = 'DELETE' THEN
    EXECUTE ${quoteText(`${write} jsonb_build_object('old', to_jsonb(old_rows.*), 'new', NULL) FROM `)} || ${from('old_rows')}
      USING TG_TABLE_NAME, TG_OP;
  ELSIF TG_OP = 'UPDATE' THEN
    EXECUTE ${quoteText(`${write} jsonb_build_object('old', before.row, 'new', after.row) FROM `)} || ${numbered('old_rows')}
      || ' AS before FULL JOIN ' || ${numbered('new_rows')} || ' AS after USING (total, place) ORDER BY place'
      USING TG_TABLE_NAME, TG_OP;
  ELSE
    INSERT INTO ${log} (table_name, operation, details)
    SELECT TG_TABLE_NAME, TG_OP, jsonb_build_object('old', NULL, 'new', NULL,
      'rows_estimate', greatest(pg_stat_get_live_tuples(c.oid), c.reltuples::bigint, 0))
    FROM pg_class AS c
    WHERE c.oid = TG_RELID;
  END IF;
  RETURN NULL;
END`
  return adminFunction(schema, {
    owner: KEEPERS.audit,
    name: FUNCTION,
    args: '',
    types: '',
    returns: 'trigger',
    security: 'SECURITY DEFINER',
    // Details are the same whatever the session's settings are.
    options: `SET "TimeZone" = 'UTC' SET extra_float_digits = 1`,
    body,
    comment: 'Writes what a statement changed into audit_log. Kept by windrow.',
    caller: null,
  })
}

/**
 * Puts every view's table that is there under watch, and notes since when. One whose triggers are as they should be is not touched: to make
 * them waits for whoever writes the table, and has others wait. Whoever runs it owns the tables, or is a superuser.
 */
export function auditTriggers({ schema, views }: SetupTarget): SetupStep[] {
  return views.map((view) => ({
    what: `changes of ${view.name} are audited`,
    sql: `DO ${dollarQuoted(triggersOf(schema, view.name))}`,
  }))
}

const TRIGGER_NAMES = `ARRAY[${TRIGGERS.map(({ name }) => `'${name}'`).join(', ')}]`

/** SQL for the comment of a trigger `t` that is right. As Postgres has it, so that one that was made again in another way under the same name is seen. */
function commentOf(make: readonly string[]): string {
  const wanted = createHash('sha256').update(make.join()).digest('hex')
  return `format('${COMMENT} (windrow %s)', left(md5('${wanted}' || pg_get_triggerdef(t.oid)), 12))`
}

/** SQL that is true where all triggers of the table, by its identity, are there, at work and as they are made. */
function isWatched(make: readonly string[], table: string): string {
  return `${TRIGGERS.length} = (SELECT count(*) FROM pg_trigger AS t WHERE t.tgrelid = ${table} AND t.tgname = ANY (${TRIGGER_NAMES})
    AND t.tgenabled = 'O' AND obj_description(t.oid, 'pg_trigger') = ${commentOf(make)})`
}

/** The views whose tables are there, and whose changes are not all audited. */
export async function findUnaudited(session: SqlSession, { schema, views }: SetupTarget): Promise<string[]> {
  const unaudited = views.map(({ name }) => {
    const table = `to_regclass(${quoteText(tableName(schema, name))})`
    return `SELECT ${quoteText(name)} WHERE ${table} IS NOT NULL AND NOT ${isWatched(statementsOf(schema, name), table)}`
  })
  if (unaudited.length === 0) return []
  const { rows } = await session.query(unaudited.join(' UNION ALL '))
  return rows.map(([name]) => String(name))
}

function statementsOf(schema: string, name: string): string[] {
  return TRIGGERS.map((trigger) => createTrigger(trigger, schema, tableName(schema, name)))
}

function triggersOf(schema: string, name: string): string {
  const table = tableName(schema, name)
  const make = statementsOf(schema, name)
  const ours = `pg_trigger AS t WHERE t.tgrelid = watched AND t.tgname = ANY (${TRIGGER_NAMES})`
  const states = `SELECT jsonb_object_agg(t.tgname, CASE t.tgenabled WHEN 'O' THEN 'enabled' WHEN 'D' THEN 'disabled' ELSE t.tgenabled::text END) FROM ${ours}`
  const statements = `
  ${make.join('\n  ')}
  FOREACH name IN ARRAY ${TRIGGER_NAMES}::name[] LOOP
    EXECUTE format('ALTER TABLE %s ENABLE TRIGGER %I', ${quoteText(table)}, name);
    EXECUTE (SELECT format('COMMENT ON TRIGGER %I ON %s IS %L', name, ${quoteText(table)}, ${commentOf(make)})
      FROM pg_trigger AS t WHERE t.tgrelid = watched AND t.tgname = name);
  END LOOP;
  INSERT INTO ${tableName(schema, 'audit_log')} (table_name, operation, details)
  VALUES (${quoteText(name)}, 'AUDIT', jsonb_build_object('old', before, 'new', (${states})));`
  return `
DECLARE
  watched oid := to_regclass(${quoteText(table)});
  before jsonb := (${states});
  name name;
BEGIN
  IF watched IS NULL OR ${isWatched(make, 'watched')} THEN
    RETURN;
  END IF;
${withKeeper(KEEPERS.audit, statements)}
END`
}

function createTrigger({ name, event, rows }: Trigger, schema: string, table: string): string {
  return `CREATE OR REPLACE TRIGGER ${name} ${event} ON ${table} ${rows}
    FOR EACH STATEMENT WHEN (${NOT_THE_SINK}) EXECUTE FUNCTION ${tableName(schema, FUNCTION)}();`
}
