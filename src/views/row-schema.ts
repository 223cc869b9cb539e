import { avroRecordType, canonicalForm, type SchemaField, type SchemaJson } from '../events/avro-schema.ts'
import type { ColumnType, View, ViewColumn } from './view.ts'

/** The Avro schema of a view's rows, as JSON text: a field a column, in the columns' order, with its unit and meaning. */
export function rowSchema(view: View): string {
  return JSON.stringify({
    type: 'record',
    name: recordName(view.name),
    namespace: 'windrow.views',
    doc: view.doc,
    fields: view.columns.map(field),
  })
}

/** Under which a registry has the versions of that schema. */
export function rowSubject(view: View): string {
  return `views.${view.name}-value`
}

/** What decides about the bytes of rows: equal for schemas that differ in docs, units and defaults only. */
export function rowForm(schema: string): string {
  return canonicalForm(avroRecordType(JSON.parse(schema) as SchemaJson))
}

function field(column: ViewColumn): SchemaField {
  const type = avroTypeOf(column.type)
  return {
    name: column.column,
    ...(column.nullable ? { type: ['null', type], default: null } : { type }),
    ...(column.initial === undefined ? {} : { default: column.initial }),
    ...(column.unit === null ? {} : { unit: column.unit }),
    doc: column.doc,
  }
}

function avroTypeOf(type: ColumnType): SchemaJson {
  switch (type) {
    case 'text':
    case 'day':
    case 'month':
      return 'string'
    case 'instant':
      return { type: 'long', logicalType: 'timestamp-millis' }
    case 'double':
      return 'double'
    case 'count':
      return 'long'
    case 'flag':
      return 'boolean'
  }
}

/** `WeatherHourly` for `weather_hourly`. */
function recordName(view: string): string {
  return view.replace(/(?:^|_)([a-z0-9])/g, (_, first: string) => first.toUpperCase())
}
