import type { SqlView } from '../../src/sinks/postgres/sql-views/sql-view.ts'
import type { View } from '../../src/views/view.ts'
import { postgres } from './data-sources.ts'
import type { Query } from './query.ts'
import type { Column } from './view-columns.ts'

/** A piece of SQL in which tables and columns come from declarations. */
export interface Sql {
  readonly sql: string
}

type Part = Sql | Column | Pick<View, 'name'> | SqlView | number

/** Words that are column names of ours and mean something to SQL or to a reader. */
const QUOTED = new Set(['timestamp', 'hour', 'day', 'month'])

const quoted = (name: string): string => (QUOTED.has(name) ? `"${name}"` : name)

function text(part: Part): string {
  if (typeof part === 'number') return String(part)
  if ('sql' in part) return part.sql
  return quoted('column' in part ? part.column : part.name)
}

/** SQL with views and columns: sql`SELECT ${c.city} FROM ${weatherDailyView}`. Indentation of the code is taken away. */
export function sql(strings: TemplateStringsArray, ...parts: readonly Part[]): Sql {
  const whole = strings.reduce((before, string, i) => `${before}${text(parts[i - 1] as Part)}${string}`)
  const lines = whole.split('\n').map((line) => line.trimEnd())
  const indents = lines.slice(1).flatMap((line) => (line === '' ? [] : [/^ */.exec(line)?.[0].length ?? 0]))
  const indent = Math.min(...indents, 99)
  return { sql: [lines[0], ...lines.slice(1).map((line) => line.slice(indent))].join('\n').trim() }
}

/** Whether it is among what is chosen of a variable. Not IN: where nothing is there to choose, All is an empty list, which IN refuses. */
export const isChosen = (what: Column | Sql, variable: string): Sql =>
  sql`${what} = ANY (ARRAY[${{ sql: `\${${variable}:sqlstring}` }}]::text[])`

/**
 * Series over time: the columns are `time`, perhaps `metric` (the name of the series), and numbers, in the order of `time`; Grafana
 * refuses others. Times are instants.
 */
export const sqlSeries = (query: Sql): Query => sqlQuery(query, 'time_series')

/** A table as it is. */
export const sqlTable = (query: Sql): Query => sqlQuery(query, 'table')

const sqlQuery = ({ sql: rawSql }: Sql, format: 'time_series' | 'table'): Query => ({
  datasource: postgres,
  model: { editorMode: 'code', format, rawQuery: true, rawSql },
})
