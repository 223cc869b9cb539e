import { WindrowError } from '../../core/errors.ts'
import { quoteName, quoteText } from '../../sinks/postgres/quote.ts'
import type { SqlSession } from '../../sinks/postgres/sql-client.ts'
import { tableName } from '../../sinks/postgres/table-sql.ts'
import type { SetupStep, SetupTarget } from '../setup-step.ts'
import { ownObjects, PROGRESS_TABLES } from './ownership-steps.ts'
import { doBlock, relation } from './sql-text.ts'

/** Throws WR_ACCESS_OTHER_OWNERS where something of a name of windrow's is not the pipeline's. */
export async function refuseOtherOwners(session: SqlSession, target: SetupTarget): Promise<void> {
  const { rows } = await session.query(`SELECT name, owner, pipeline ${otherOwners(target)} ORDER BY name COLLATE "C"`)
  const [first] = rows
  if (first === undefined) return
  const [name, owner, pipeline] = first.map(String) as [string, string, string]
  const table = tableName(target.schema, name)
  throw new WindrowError('WR_ACCESS_OTHER_OWNERS', {
    message: `${owner} owns ${table}${rows.length > 1 ? ` (and there are ${rows.length - 1} more)` : ''}, and not the pipeline's progress, which is ${pipeline}'s: it would become one of the pipeline. Nothing was changed`,
    remedy: `If it is the pipeline's: ALTER TABLE ${table} OWNER TO ${quoteName(pipeline)}; else rename or drop it. Then run it again.`,
    facts: { others: rows.map(([table, role]) => ({ table: String(table), owner: String(role) })), pipeline },
    kind: 'usage',
  })
}

/** The same for a script. */
export function refuseOtherOwnersStep(target: SetupTarget): SetupStep {
  return {
    what: 'nobody is taken for the pipeline who has made something of a name of its own',
    sql: doBlock(`DECLARE others text;
BEGIN
  SELECT string_agg(format('%I of %I', name, owner), ', ') INTO others ${otherOwners(target)};
  IF others IS NOT NULL THEN
    RAISE EXCEPTION 'these are not the pipeline''s, whose names they have: %', others
      USING HINT = 'Give them to the owner of windrow_progress if they are the pipeline''s, else rename or drop them.';
  END IF;
END`),
  }
}

/**
 * SQL behind a list of `name`, `owner` and `pipeline`: what has a name of windrow's and belongs neither to who owns windrow's progress, nor to one who is
 * as good as that, nor to a superuser. Whoever may make tables in the schema can take a name.
 */
function otherOwners(target: SetupTarget): string {
  return `FROM (SELECT c.relname::text AS name, o.rolname::text AS owner, p.rolname::text AS pipeline FROM pg_class c JOIN pg_roles o ON o.oid = c.relowner,
    pg_class t JOIN pg_roles p ON p.oid = t.relowner
    WHERE t.oid = ${relation(target.schema, PROGRESS_TABLES[0])} AND ${ownObjects(target)} AND NOT o.rolsuper AND NOT pg_has_role(o.oid, p.oid, 'USAGE')
      AND c.relname <> ${quoteText(PROGRESS_TABLES[0])}) AS others`
}
