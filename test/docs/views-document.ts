import type { SqlView } from '../../src/sinks/postgres/sql-views/sql-view.ts'
import { sqlViews } from '../../src/sinks/postgres/sql-views.ts'
import { defaultExtras } from '../../src/sinks/postgres/view-extras.ts'
import { builtInTopologies } from '../../src/streams/topologies/index.ts'
import type { ColumnType, View, ViewColumn } from '../../src/views/view.ts'

const types: Readonly<Record<ColumnType, string>> = {
  text: 'text',
  instant: 'instant',
  day: 'day',
  month: 'month',
  double: 'double',
  count: 'whole number',
  flag: 'boolean',
}

const cell = (text: string): string => text.replaceAll('|', '\\|')

function row({ column, type, nullable, unit, doc, isKey }: ViewColumn): string {
  const name = isKey ? `**\`${column}\`**` : `\`${column}\``
  return `| ${name} | ${types[type]}${nullable ? ' or null' : ''} | ${unit === null || unit === '1' ? '' : unit} | ${cell(doc)} |`
}

function section(view: View): string {
  const topologies = builtInTopologies.filter((topology) => topology.view === view)
  const made = `Made from ${[...new Set(topologies.map(({ event }) => `\`${event.defaultTopic}\``))].join(', ')}. Stores: ${view.stores.join(', ')}.`
  return [
    `## ${view.name}`,
    '',
    view.doc,
    '',
    made,
    '',
    '| column | type | unit | meaning |',
    '|---|---|---|---|',
    ...view.columns.map(row),
  ].join('\n')
}

function sqlSection({ name, doc, needs, columns }: SqlView): string {
  return [
    `### ${name}`,
    '',
    doc,
    '',
    `Computed from ${needs.map((table) => `\`${table}\``).join(' and ')} when it is asked.`,
    '',
    '| column | unit | meaning |',
    '|---|---|---|',
    ...columns.map(
      (column) => `| \`${column.column}\` | ${column.unit === '1' ? '' : (column.unit ?? '')} | ${cell(column.doc)} |`,
    ),
  ].join('\n')
}

const extras = Object.entries(defaultExtras).flatMap(([view, columns]) =>
  columns.map(({ column, comment }) => `- \`${view}.${column}\`: ${comment}`),
)

const inSql = `## In SQL

Postgres, a server or the embedded one, has some more for the queries of older pipelines. Beside the columns of the views:

${extras.join('\n')}

And there are these views in SQL, kept beside the tables: made when windrow starts, replaced when they change, with what was granted on
them. Who reads one has to be let read its tables too. A table or view of somebody else's of such a name stays, and windrow warns.`

/** The text of docs/views.md. */
export function viewsDocument(): string {
  const views = [...new Set(builtInTopologies.map(({ view }) => view))]
  const introduction = `# Views

Every view has one row a key (the columns in bold), the same in every store, export and API. A row is a function of the set of the
latest readings: it does not depend on when or in which order they came. Instants are UTC, days and months are those of the
station's own calendar. In CSV null is empty and booleans are \`true\` and \`false\`.

\`windrow why VIEW KEY…\` tells which readings made a row. Units are UCUM. This page is made from the declarations in \`src/views\`;
\`npx vitest run test/docs -u\` writes it anew.`
  return `${[introduction, ...views.map(section), inSql, ...sqlViews({ latitude: 0, longitude: 0 }).map(sqlSection)].join('\n\n')}\n`
}
