import { WindrowError } from '../core/errors.ts'

/** The schema's text without what does not matter: white space and the order of attributes. */
export function canonicalSchema(schema: string): string {
  let parsed: unknown
  try {
    parsed = JSON.parse(schema)
  } catch (cause) {
    throw new WindrowError('WR_SCHEMA_INVALID', {
      message: 'A schema that is to be registered is no JSON',
      remedy: 'Pass the JSON text of an Avro schema; a primitive one is in quotes, for instance "\\"string\\"".',
      facts: { start: schema.slice(0, 80) },
      kind: 'usage',
      cause,
    })
  }
  return JSON.stringify(parsed, (_, value: unknown) =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  )
}
