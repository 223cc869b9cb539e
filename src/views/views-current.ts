import { messageOf, WindrowError } from '../core/errors.ts'
import { avroRecordType, type SchemaJson } from '../events/avro-schema.ts'
import { schemaIdOf, WIRE_HEADER_BYTES, writeWireHeader } from '../events/wire-format.ts'

/** The compacted topic that says of each view which generation is current; its keys are the views' names in UTF-8. */
export const VIEWS_CURRENT_TOPIC = 'views.current'

/** Which generation of a view is current. */
export interface CurrentView {
  readonly view: string
  /** 1 is the first. */
  readonly generation: number
  /** The topic of this generation's rows. */
  readonly topic: string
  readonly topicId: string
  /** Of the topology that makes the rows. */
  readonly fingerprint: string
  /** The topic's end in each partition when the generation became current. */
  readonly endOffsets: readonly number[]
}

/** The Avro schema of the records of `views.current`, as JSON text. */
export const currentViewSchema = JSON.stringify({
  type: 'record',
  name: 'CurrentView',
  namespace: 'windrow.views',
  doc: 'Which generation of a view is current. Keyed by the name of the view.',
  fields: [
    { name: 'view', type: 'string', doc: "The view; the record's key." },
    { name: 'generation', type: 'int', doc: 'Number of the generation, 1 is the first.' },
    { name: 'topic', type: 'string', doc: "The topic of this generation's rows." },
    { name: 'topic_id', type: 'string', doc: 'Identity of the topic: one made anew under the same name has another.' },
    { name: 'fingerprint', type: 'string', doc: 'Of the topology that makes the rows.' },
    {
      name: 'end_offsets',
      type: { type: 'array', items: 'long' },
      doc: "The topic's end in each partition, from partition 0, when the generation became current.",
    },
  ],
})

interface CurrentViewRecord {
  readonly view: string
  readonly generation: number
  readonly topic: string
  readonly topic_id: string
  readonly fingerprint: string
  readonly end_offsets: readonly number[]
}

const ownType = avroRecordType(JSON.parse(currentViewSchema) as SchemaJson)

/** The record's bytes in the Confluent wire format; `schemaId` is the id that `currentViewSchema` was registered with. */
export function encodeCurrentView(current: CurrentView, schemaId: number): Uint8Array {
  const record: CurrentViewRecord = {
    view: current.view,
    generation: current.generation,
    topic: current.topic,
    topic_id: current.topicId,
    fingerprint: current.fingerprint,
    end_offsets: current.endOffsets,
  }
  const body = ownType.toBuffer(record)
  const bytes = new Uint8Array(WIRE_HEADER_BYTES + body.byteLength)
  writeWireHeader(bytes, 0, schemaId)
  bytes.set(body, WIRE_HEADER_BYTES)
  return bytes
}

/** `schemaOf` gives the text of the writer's schema, null when nobody knows it. Throws WR_VIEWS_CURRENT when the bytes are no such record. */
export async function decodeCurrentView(
  bytes: Uint8Array,
  schemaOf: (id: number) => Promise<string | null>,
): Promise<CurrentView> {
  const id = schemaIdOf(bytes)
  if (id < 0) throw unreadable('it is not in the Confluent wire format')
  const schema = await schemaOf(id)
  if (schema === null) throw unreadable(`the registry does not know schema ${id}`)
  try {
    const writer = avroRecordType(JSON.parse(schema) as SchemaJson)
    const body = Buffer.from(bytes.buffer, bytes.byteOffset + WIRE_HEADER_BYTES, bytes.byteLength - WIRE_HEADER_BYTES)
    const record = ownType.fromBuffer(body, ownType.createResolver(writer)) as CurrentViewRecord
    return {
      view: record.view,
      generation: record.generation,
      topic: record.topic,
      topicId: record.topic_id,
      fingerprint: record.fingerprint,
      endOffsets: record.end_offsets,
    }
  } catch (error) {
    throw unreadable(messageOf(error), error)
  }
}

function unreadable(why: string, cause?: unknown): WindrowError {
  return new WindrowError('WR_VIEWS_CURRENT', {
    message: `a record of ${VIEWS_CURRENT_TOPIC} cannot be read: ${why}`,
    remedy: 'Find who else writes into this topic; windrow reset --views builds all views anew from the log.',
    cause,
  })
}
