import { createHash } from 'node:crypto'
import { WindrowError } from '../../core/errors.ts'
import { quoteName, quoteText } from './quote.ts'
import { remakeSqlView } from './remake-sql-view.ts'
import type { SqlSession } from './sql-client.ts'
import { sqlStateOf } from './sql-errors.ts'
import type { SqlView } from './sql-views/sql-view.ts'
import { tableName } from './table-sql.ts'

/** Tells that a view of SQL is not as windrow would have it. */
export type SqlViewNotice = (view: string, message: string, remedy: string) => void

/** Ends the comment of a view that windrow made: any other is somebody else's. */
const MARK = /\(windrow ([0-9a-f]{12})\)$/

/** Columns have changed in another way than that new ones came last. */
const CANNOT_REPLACE = '42P16'

/**
 * Makes the views whose tables are there, and replaces its own that were made otherwise: what was granted on them and their options stay,
 * also where one has to be dropped for it. One that cannot be made holds up nothing: the notice says why. Part of a transaction of the
 * caller.
 */
export async function prepareSqlViews(
  session: SqlSession,
  schema: string,
  views: readonly SqlView[],
  tables: ReadonlySet<string>,
  notice: SqlViewNotice,
): Promise<void> {
  for (const view of views.filter(({ needs }) => needs.every((name) => tables.has(name)))) {
    await session.query('SAVEPOINT windrow_view')
    try {
      await prepareSqlView(session, schema, view, notice)
    } catch (error) {
      if (!(error instanceof WindrowError && error.code === 'WR_SQL') || error.canRetry) throw error
      await session.query('ROLLBACK TO SAVEPOINT windrow_view')
      const name = tableName(schema, view.name)
      notice(view.name, `the view ${name} could not be made: ${error.message}`, remedyFor(name, error))
    }
    await session.query('RELEASE SAVEPOINT windrow_view')
  }
}

async function prepareSqlView(session: SqlSession, schema: string, view: SqlView, notice: SqlViewNotice): Promise<void> {
  const name = tableName(schema, view.name)
  const query = view.query((table) => tableName(schema, table))
  const found = await session.query(
    `SELECT c.relkind::text, obj_description(c.oid, 'pg_class'), array_to_string(c.reloptions, E'\n')
     FROM pg_class c WHERE c.oid = to_regclass($1)`,
    [name],
  )
  const [kind, comment, stored] = found.rows[0] ?? [null, null, null]
  const mark = MARK.exec(String(comment))?.[1]
  if (kind !== null && (kind !== 'v' || mark === undefined)) {
    notice(
      view.name,
      `${name} is not windrow's own and is left as it is: queries that expect windrow's ${view.name} read something else`,
      `Rename it, and windrow makes the view when it starts the next time.`,
    )
    return
  }
  const fingerprint = await fingerprintOf(session, schema, view, query)
  const options = stored === null ? [] : String(stored).split('\n')
  if (mark === fingerprint) {
    if (!options.includes('security_invoker=true')) await session.query(`ALTER VIEW ${name} SET (security_invoker = true)`)
    return
  }
  const definition = `VIEW ${name} WITH (${withInvoker(options).join(', ')}) AS ${query}`
  await replaceOrRemake(session, name, definition)
  for (const { column, unit, doc } of view.columns) {
    const text = unit === null ? doc : `${doc} Unit: ${unit}`
    await session.query(`COMMENT ON COLUMN ${name}.${quoteName(column)} IS ${quoteText(text)}`)
  }
  await session.query(`COMMENT ON VIEW ${name} IS ${quoteText(`${view.doc} (windrow ${fingerprint})`)}`)
}

/** In place where that can be: then also what others built on the view stays. */
async function replaceOrRemake(session: SqlSession, name: string, definition: string): Promise<void> {
  await session.query('SAVEPOINT windrow_replace')
  try {
    await session.query(`CREATE OR REPLACE ${definition}`)
  } catch (error) {
    if (sqlStateOf(error) !== CANNOT_REPLACE) throw error
    await session.query('ROLLBACK TO SAVEPOINT windrow_replace')
    const made = await remakeSqlView(session, name, async () => {
      await session.query(`CREATE ${definition}`)
    })
    if (!made) throw error
  }
  await session.query('RELEASE SAVEPOINT windrow_replace')
}

/** Whoever reads a view of ours sees what they may see of the tables, policies of rows included. Other options are somebody's wish. */
function withInvoker(options: readonly string[]): string[] {
  const others = options.flatMap((option) => {
    const [, name, value] = /^(\w+)=(.*)$/.exec(option) ?? []
    return name === undefined || value === undefined || name === 'security_invoker' ? [] : [`${name} = ${quoteText(value)}`]
  })
  return [...others, 'security_invoker = true']
}

/** Of all that the view is made from. A table that was renamed and made anew is another, and the view would go on reading the old one. */
async function fingerprintOf(session: SqlSession, schema: string, view: SqlView, query: string): Promise<string> {
  const { rows } = await session.query(
    'SELECT to_regclass(name)::oid FROM unnest($1::text[]) WITH ORDINALITY AS t(name, i) ORDER BY i',
    [`{${view.needs.map((table) => JSON.stringify(tableName(schema, table))).join(',')}}`],
  )
  const parts = [query, view.doc, view.columns, rows.flat()]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 12)
}

function remedyFor(name: string, error: WindrowError): string {
  switch (error.facts.sqlState) {
    case '42501':
      return `Let a role that owns ${name}, or may CREATE in its schema, start windrow once; or go without the view.`
    case CANNOT_REPLACE:
      return `Note the triggers, rules and defaults of ${name} and what was granted on it, DROP VIEW ${name}, and windrow makes it anew when it starts the next time.`
    case '2BP01':
      return `Drop what reads ${name} and make it again after windrow's next start, when it makes the view anew.`
    default:
      return error.remedy
  }
}
