import avro from 'avsc'
import { airReadings } from '../../src/events/air.ts'
import { energyReadings } from '../../src/events/energy.ts'
import type { EventType } from '../../src/events/event-type.ts'
import type { Place } from '../../src/events/reading.ts'
import { weatherReadings } from '../../src/events/weather.ts'
import type { EventName } from '../oracle/oracle.ts'
import type { Flaw } from './flaws.ts'
import type { HistoryRecord } from './history.ts'

export const EVENTS: Readonly<Record<EventName, EventType>> = {
  weather: weatherReadings as EventType,
  energy: energyReadings as EventType,
  air: airReadings as EventType,
}

/** Ids that the registry gave. */
export interface SchemaIds {
  readonly own: number
  readonly older: number
  /** Of a schema that no reading can be read with. */
  readonly foreign: number
}

interface FieldJson {
  readonly name: string
}

interface RecordJson {
  readonly fields: readonly FieldJson[]
}

/** The event's schema as its first producers knew it: without the last field. */
export function olderSchema(event: EventType): string {
  const schema = JSON.parse(event.schema) as RecordJson
  return JSON.stringify({ ...schema, fields: schema.fields.slice(0, -1) })
}

/** The name (camelCase) of the field that the older schema lacks. */
export function fieldOfNewSchema(event: EventType): string {
  return event.payload.at(-1)?.name as string
}

export const FOREIGN_SCHEMA = JSON.stringify({
  type: 'record',
  name: 'Invoice',
  namespace: 'elsewhere',
  fields: [{ name: 'amount', type: 'double' }],
})

const types = new Map<string, avro.Type>()

function typeOf(schema: string): avro.Type {
  let type = types.get(schema)
  if (type === undefined) {
    type = avro.Type.forSchema(JSON.parse(schema) as avro.Schema)
    types.set(schema, type)
  }
  return type
}

/** The record's value, written by plain avsc and then spoilt as its flaw says. Null for a tombstone. */
export function recordValue(record: HistoryRecord, event: EventType, ids: SchemaIds): Uint8Array | null {
  const { flaw, byOlderSchema } = record
  if (flaw === 'tombstone') return null
  const schema = byOlderSchema ? olderSchema(event) : event.schema
  const body = typeOf(schema).toBuffer(snakeCased(spoiltValues(record.reading, flaw)))
  const whole = framed(schemaId(flaw, byOlderSchema, ids), body)
  switch (flaw) {
    case 'not framed':
      return Uint8Array.from([...Buffer.from('{"temperature": 12}')])
    case 'cut before its header ends':
      return whole.slice(0, 4)
    case 'cut off':
      return whole.slice(0, whole.byteLength - 3)
    case 'too long':
      return Uint8Array.from([...whole, 0])
    default:
      return whole
  }
}

function schemaId(flaw: Flaw | null, byOlderSchema: boolean, ids: SchemaIds): number {
  if (flaw === 'unknown schema') return 0x7fffffff
  if (flaw === 'schema of something else') return ids.foreign
  return byOlderSchema ? ids.older : ids.own
}

function framed(id: number, body: Uint8Array): Uint8Array {
  const whole = new Uint8Array(5 + body.byteLength)
  new DataView(whole.buffer).setUint32(1, id)
  whole.set(body, 5)
  return whole
}

type Values = Readonly<Record<string, unknown>>

function spoiltValues(reading: object, flaw: Flaw | null): Values {
  const values = reading as Values
  const location = values.location as Place
  switch (flaw) {
    case 'not a number':
    case 'infinite': {
      const bad = flaw === 'infinite' ? Number.NEGATIVE_INFINITY : Number.NaN
      return 'value' in values ? { ...values, value: bad } : { ...values, temperature: bad }
    }
    case 'zone of another planet':
      return { ...values, location: { ...location, timeZone: 'Mars/Olympus_Mons' } }
    case 'no interval':
      return { ...values, intervalMinutes: 0 }
    case 'interval of two days':
      return { ...values, intervalMinutes: 2880 }
    case 'year 9999':
      return { ...values, timestamp: Date.UTC(9999, 11, 31) }
    case 'year 12000':
      return { ...values, timestamp: Date.UTC(12_000, 0, 1) }
    case 'beyond the pole':
      return { ...values, location: { ...location, latitude: 90.5 } }
    default:
      return values
  }
}

/** Field names of the schema from those of TypeScript. */
function snakeCased(values: object): Record<string, unknown> {
  const renamed: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(values)) {
    const field = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    renamed[field] = field === 'location' ? snakeCased(value as object) : value
  }
  return renamed
}
