import { quoteText } from '../../sinks/postgres/quote.ts'
import { tableName } from '../../sinks/postgres/table-sql.ts'
import { GROUPS } from '../roles.ts'
import type { SetupStep, SetupTarget } from '../setup-step.ts'
import { beginAs, joinGroup } from './role-steps.ts'
import { doBlock, isWindrowsView, relation, relations } from './sql-text.ts'

/** What windrow writes beside the views: how far it is, which nobody needs to read, and how the pipeline is. */
export const PROGRESS_TABLES = ['windrow_progress', 'windrow_mends'] as const
export const HEALTH_TABLE = 'pipeline_health'

/** Every table that windrow makes in the schema, the views' first. */
export function tablesOf(target: SetupTarget): string[] {
  return [...target.views.map(({ name }) => name), HEALTH_TABLE, ...PROGRESS_TABLES]
}

/** SQL for the rows `c` of pg_class that windrow owns or is to own: its tables, its views, and what a comparison left behind. */
export function ownObjects(target: SetupTarget): string {
  const named = (names: readonly string[]): string => relations(names.map((name) => tableName(target.schema, name)))
  return `(c.relkind IN ('r', 'p') AND c.oid IN ${named(tablesOf(target))}
    OR ${isWindrowsView} AND c.oid IN ${named(target.sqlViews)}
    OR c.relkind = 'r' AND starts_with(c.relname::text, 'windrow_mend_')
      AND c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = ${quoteText(target.schema)}))`
}

/**
 * Gives all that windrow has made to the group of the pipeline. Who owned its progress becomes a member and begins as the group, so that a pipeline
 * that logs in as before goes on, and makes what it makes later for the group too. `refuseOtherOwners` has looked for others.
 */
export function ownershipSteps(target: SetupTarget): SetupStep[] {
  const etl = quoteText(GROUPS.etl)
  const progress = PROGRESS_TABLES.map((name) => relation(target.schema, name)).join(', ')
  const notYet = `FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE r.rolname <> ${etl} AND ${ownObjects(target)}`
  return [
    {
      what: 'what is about to change waits for batches under way',
      sql: doBlock(`BEGIN
  IF NOT EXISTS (SELECT ${notYet}) THEN RETURN; END IF;
  -- In the order in which the pipeline takes them: else the two could wait for each other.
  ${['windrow_mends', 'windrow_progress'].map((name) => lockIfThere(target.schema, name)).join('\n  ')}
END`),
    },
    {
      what: `who owned windrow's tables is a member of ${GROUPS.etl}, and begins as it`,
      sql: doBlock(`DECLARE former record;
BEGIN
  FOR former IN SELECT DISTINCT r.rolname, r.rolcanlogin ${notYet} AND NOT r.rolsuper AND c.oid IN (${progress}) LOOP
    ${joinGroup('former.rolname', etl).replaceAll('\n', '\n    ')}
    IF former.rolcanlogin THEN
      ${beginAs('former.rolname').replaceAll('\n', '\n      ')}
    END IF;
  END LOOP;
END`),
    },
    {
      what: `windrow's tables and views belong to ${GROUPS.etl}`,
      sql: doBlock(`DECLARE object regclass;
BEGIN
  FOR object IN SELECT c.oid::regclass ${notYet} LOOP
    EXECUTE format('ALTER TABLE %s OWNER TO %I', object, ${etl});
  END LOOP;
END`),
    },
    ...target.sqlViews.map((name) => invokerStep(target.schema, name)),
  ]
}

function lockIfThere(schema: string, name: string): string {
  return `IF ${relation(schema, name)} IS NOT NULL THEN LOCK TABLE ${tableName(schema, name)} IN ACCESS EXCLUSIVE MODE; END IF;`
}

/** Else whoever reads the view would see what its owner may see. */
function invokerStep(schema: string, name: string): SetupStep {
  return {
    what: `${name} shows what its reader may see`,
    sql: doBlock(`BEGIN
  IF EXISTS (SELECT FROM pg_class c WHERE c.oid = ${relation(schema, name)} AND ${isWindrowsView} AND NOT ${isInvokers('c')}) THEN
    ALTER VIEW ${tableName(schema, name)} SET (security_invoker = true);
  END IF;
END`),
  }
}

/** SQL that is true of a view, a row of pg_class, through which everybody sees what they may see of its tables. */
export function isInvokers(row: string): string {
  return `coalesce((SELECT option_value::boolean FROM pg_options_to_table(${row}.reloptions) WHERE option_name = 'security_invoker'), false)`
}
