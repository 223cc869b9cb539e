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

/** The text of docs/views.md. */
export function viewsDocument(): string {
  const views = [...new Set(builtInTopologies.map(({ view }) => view))]
  const introduction = `# Views

Every view has one row a key (the columns in bold), the same in every store, export and API. A row is a function of the set of the
latest readings: it does not depend on when or in which order they came. Instants are UTC, days and months are those of the
station's own calendar. In CSV null is empty and booleans are \`true\` and \`false\`.

\`windrow why VIEW KEY…\` tells which readings made a row. Units are UCUM. This page is made from the declarations in \`src/views\`;
\`npx vitest run test/docs -u\` writes it anew.`
  return `${[introduction, ...views.map(section)].join('\n\n')}\n`
}
