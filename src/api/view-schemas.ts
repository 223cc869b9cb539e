import type { View, ViewColumn } from '../views/view.ts'
import { filterColumns, timeColumn } from './view-query.ts'

type Schema = Readonly<Record<string, unknown>>

const jsonTypes: Readonly<Record<ViewColumn['type'], Schema>> = {
  text: { type: 'string' },
  instant: { type: 'string', format: 'date-time' },
  day: { type: 'string', format: 'date' },
  month: { type: 'string', pattern: '^\\d{4}-\\d{2}$' },
  double: { type: 'number' },
  count: { type: 'integer', minimum: 0 },
  flag: { type: 'boolean' },
}

function columnSchema({ type, nullable, unit, doc }: ViewColumn): Schema {
  return { ...jsonTypes[type], ...(nullable ? { nullable: true } : {}), description: unit === null ? doc : `${doc} (${unit})` }
}

function rowSchema(view: View): Schema {
  return {
    type: 'object',
    required: view.columns.map(({ column }) => column),
    properties: Object.fromEntries(view.columns.map((column) => [column.column, columnSchema(column)])),
  }
}

/** The query string of a view's rows: only what this view can be narrowed down by. */
export function rowsQuerySchema(view: View): Schema {
  const time = timeColumn(view)
  const bound = (which: string): Schema => ({
    type: 'string',
    description: `Only rows that start ${which}: an instant with its offset, or a day${time?.type === 'instant' ? ' (UTC)' : ''}.`,
  })
  const filters = filterColumns(view).map(
    ({ parameter, column }) => [parameter, { type: 'string', description: `Only rows with this ${column.column}.` }] as const,
  )
  return {
    type: 'object',
    additionalProperties: false,
    properties: {
      ...Object.fromEntries(filters),
      ...(time === undefined ? {} : { from: bound('at that time or after it'), to: bound('before that time') }),
      limit: {
        type: 'string',
        pattern: '^(all|[1-9][0-9]{0,8})$',
        description: 'How many rows, or `all`. JSON has 1000 unless you say; CSV has all.',
      },
      after: { type: 'string', description: 'Go on after this key: the `next` of the page before.' },
      order: {
        type: 'string',
        enum: ['key', 'newest'],
        default: 'key',
        description: '`key`: ascending by key. `newest`: by time, the newest first.',
      },
      format: { type: 'string', enum: ['json', 'csv'], default: 'json' },
      shape: { type: 'string', enum: ['objects', 'arrays'], default: 'objects', description: 'How JSON has its rows.' },
    },
  }
}

export function rowsAnswerSchema(view: View): Schema {
  const page = {
    type: 'object',
    required: ['view', 'columns', 'rows', 'next'],
    properties: {
      view: { type: 'string' },
      columns: { type: 'array', items: { type: 'string' } },
      rows: { type: 'array', items: { anyOf: [rowSchema(view), { type: 'array', items: {} }] } },
      next: { type: 'string', nullable: true, description: 'The `after` of the next page, null at the end.' },
    },
  }
  return { description: 'Rows.', content: { 'application/json': { schema: page }, 'text/csv': { schema: { type: 'string' } } } }
}

/** The query string that names one row by its key columns. */
export function keyQuerySchema(view: View): Schema {
  return {
    type: 'object',
    additionalProperties: false,
    required: view.key.map(({ column }) => column),
    properties: Object.fromEntries(view.key.map(({ column, doc }) => [column, { type: 'string', description: doc }])),
  }
}
