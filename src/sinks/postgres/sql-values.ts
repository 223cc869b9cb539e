import type { RawResult, SqlField, SqlResult, SqlValue } from './sql-client.ts'

/** OIDs of the built-in types that are more than text here. */
export const OID = {
  bool: 16,
  int8: 20,
  int2: 21,
  int4: 23,
  text: 25,
  oid: 26,
  float4: 700,
  float8: 701,
  date: 1082,
  timestamptz: 1184,
} as const

type ParseValue = (text: string) => SqlValue

/** Turns a result's texts into values, every client by the same rules. */
export function parseResult(raw: RawResult): SqlResult {
  const parsers = raw.fields.map((field) => parserOf(field))
  if (parsers.every((parse) => parse === asText)) return raw
  const width = parsers.length
  const rows = raw.rows.map((texts) => {
    const row = new Array<SqlValue>(width)
    for (let i = 0; i < width; i++) {
      const text = texts[i]
      row[i] = text === null || text === undefined ? null : (parsers[i] as ParseValue)(text)
    }
    return row
  })
  return { ...raw, rows }
}

function parserOf(field: SqlField): ParseValue {
  switch (field.type) {
    case OID.bool:
      return (text) => text === 't'
    case OID.int2:
    case OID.int4:
    case OID.oid:
    case OID.float4:
    case OID.float8:
      return Number
    case OID.int8:
      return wholeNumber
    case OID.timestamptz:
      return instantText
    default:
      return asText
  }
}

function asText(text: string): SqlValue {
  return text
}

function wholeNumber(text: string): SqlValue {
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : text
}

const TIMESTAMPTZ = /^(\d{4,})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?([+-])(\d\d)(?::(\d\d))?(?::(\d\d))?( BC)?$/

/**
 * ISO 8601 in UTC of a timestamptz as Postgres prints it (DateStyle ISO, any session time zone), with as many digits of the second as
 * it has (`2025-01-01T00:00:00Z`, `2025-01-01T00:00:00.000001Z`). `infinity` and `-infinity` stay as they are.
 */
export function instantText(text: string): string {
  const match = TIMESTAMPTZ.exec(text)
  if (match === null) return text
  const [, year, month, day, hour, minute, second, fraction, sign, zoneHours, zoneMinutes, zoneSeconds, bc] = match
  const zoneMs = (Number(zoneHours) * 3600 + Number(zoneMinutes ?? 0) * 60 + Number(zoneSeconds ?? 0)) * 1000
  const fourDigits = bc === undefined && year?.length === 4
  const digits = fraction === undefined ? '' : `.${fraction}`
  if (zoneMs === 0 && fourDigits) return `${year}-${month}-${day}T${hour}:${minute}:${second}${digits}Z`
  const date = new Date(0)
  date.setUTCFullYear(bc === undefined ? Number(year) : 1 - Number(year), Number(month) - 1, Number(day))
  date.setUTCHours(Number(hour), Number(minute), Number(second))
  const utc = new Date(date.getTime() + (sign === '+' ? -zoneMs : zoneMs))
  return utc.toISOString().replace('.000Z', `${digits}Z`)
}
