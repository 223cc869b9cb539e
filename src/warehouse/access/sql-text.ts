import { quoteName, quoteText } from '../../sinks/postgres/quote.ts'
import { tableName } from '../../sinks/postgres/table-sql.ts'

/** Runs statements of PL/pgSQL once: `DO $windrow$ … $windrow$`, under a tag that nothing inside can end. */
export function doBlock(body: string): string {
  let tag = 'windrow'
  while (body.includes(`$${tag}$`)) tag += '_'
  return `DO $${tag}$\n${body}\n$${tag}$`
}

/** `ARRAY['a', 'b']::text[]` */
export function textArray(texts: readonly string[]): string {
  return `ARRAY[${texts.map(quoteText).join(', ')}]::text[]`
}

/** The identity of a table or view as a constant expression; null where there is none. */
export function relation(schema: string, name: string): string {
  return `to_regclass(${quoteText(tableName(schema, name))})`
}

/** The identities of those tables and views that are there, as a sub-select; names as `tableName` makes them. */
export function relations(names: readonly string[]): string {
  return `(SELECT to_regclass(name) FROM unnest(${textArray(names)}) AS name)`
}

export function nameList(names: readonly string[]): string {
  return names.map(quoteName).join(', ')
}

/** SQL that is true in a view that windrow made itself: `c` is its row of pg_class. */
export const isWindrowsView = `c.relkind = 'v' AND obj_description(c.oid, 'pg_class') ~ '\\(windrow [0-9a-f]{12}\\)$'`
