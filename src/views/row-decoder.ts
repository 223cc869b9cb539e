import { messageOf, WindrowError } from '../core/errors.ts'
import { type AvroRecordType, avroRecordType, type SchemaJson } from '../events/avro-schema.ts'
import { schemaIdOf, WIRE_HEADER_BYTES } from '../events/wire-format.ts'
import { KIND_DOUBLE, KIND_LONG, KIND_TEXT, wireKind } from './row-encoder.ts'
import { rowForm, rowSchema } from './row-schema.ts'
import { TextCache } from './text-cache.ts'
import type { Cell, View } from './view.ts'

/** Reads the rows of one view from the Confluent wire format, whichever version of the view wrote them. */
export interface RowDecoder {
  /**
   * The cells in the order of the view's columns. Throws WR_ROW_SCHEMA when the writer's schema is not known or cannot be read
   * as this view, WR_ROW_CORRUPT when the bytes do not fit it.
   */
  decode(bytes: Uint8Array): Cell[]
}

/** Reads a body, that is what follows the wire format's header. */
type ReadBody = (bytes: Uint8Array) => Cell[]

/** `schemaOf` gives the text of a writer's schema, null when nobody knows it; asked once an id. */
export function rowDecoder(view: View, schemaOf: (id: number) => string | null): RowDecoder {
  const ownSchema = rowSchema(view)
  const ownForm = rowForm(ownSchema)
  const readers = new Map<number, ReadBody>()
  let lastId = -1
  let lastReader: ReadBody | null = null

  function readerOf(id: number): ReadBody {
    let reader = readers.get(id)
    if (reader === undefined) {
      const schema = schemaOf(id)
      if (schema === null) throw unknownSchema(view, id)
      reader = sameForm(schema, ownForm) ? plannedReader(view) : resolvingReader(view, ownSchema, id, schema)
      readers.set(id, reader)
    }
    return reader
  }

  return {
    decode(bytes) {
      const id = schemaIdOf(bytes)
      if (id < 0) throw corrupt(view, 'it is not in the Confluent wire format')
      if (id !== lastId || lastReader === null) {
        lastReader = readerOf(id)
        lastId = id
      }
      return lastReader(bytes)
    },
  }
}

function sameForm(schema: string, ownForm: string): boolean {
  try {
    return rowForm(schema) === ownForm
  } catch {
    // No record, or no schema at all: the resolver says so with the id.
    return false
  }
}

/** For another version of the schema: avsc fills in defaults, promotes numbers and leaves out what is gone. */
function resolvingReader(view: View, ownSchema: string, id: number, schema: string): ReadBody {
  const { own, writer, resolver } = resolverOf(view, ownSchema, id, schema)
  const columns = view.columns.map((column) => column.column)
  return (bytes) => {
    const body = Buffer.from(bytes.buffer, bytes.byteOffset + WIRE_HEADER_BYTES, bytes.byteLength - WIRE_HEADER_BYTES)
    let row: Record<string, Cell>
    try {
      row = (writer === own ? own.fromBuffer(body) : own.fromBuffer(body, resolver)) as Record<string, Cell>
    } catch (error) {
      throw corrupt(view, messageOf(error), error)
    }
    return columns.map((column) => {
      const cell = row[column] as Cell
      return typeof cell === 'number' ? cell + 0 : cell
    })
  }
}

function resolverOf(view: View, ownSchema: string, id: number, schema: string) {
  try {
    const own: AvroRecordType = avroRecordType(JSON.parse(ownSchema) as SchemaJson)
    const writer: AvroRecordType = avroRecordType(JSON.parse(schema) as SchemaJson)
    return { own, writer, resolver: own.createResolver(writer) }
  } catch (error) {
    throw new WindrowError('WR_ROW_SCHEMA', {
      message: `rows of ${view.name} written with schema ${id} cannot be read as the view is declared now: ${messageOf(error)}`,
      remedy: `Keep the view's columns compatible (new ones nullable, none with another type), or build the views anew from the log: windrow reset --views.`,
      facts: { view: view.name, schemaId: id },
      cause: error,
    })
  }
}

function plannedReader(view: View): ReadBody {
  const cursor = new RowCursor(view)
  return (bytes) => cursor.read(bytes)
}

const noBytes = new Uint8Array(0)

/** Reads rows of exactly the view's own form, without an object between the bytes and the cells. */
class RowCursor {
  private readonly view: View
  private readonly kinds: Uint8Array
  private readonly nullable: Uint8Array
  private readonly texts = new TextCache()
  private bytes: Uint8Array = noBytes
  private data: DataView = new DataView(noBytes.buffer)
  private position = 0

  constructor(view: View) {
    this.view = view
    this.kinds = Uint8Array.from(view.columns, (column) => wireKind(column.type))
    this.nullable = Uint8Array.from(view.columns, (column) => (column.nullable ? 1 : 0))
  }

  read(bytes: Uint8Array): Cell[] {
    this.bytes = bytes
    if (this.data.buffer !== bytes.buffer) this.data = new DataView(bytes.buffer)
    this.position = WIRE_HEADER_BYTES
    const { kinds, nullable } = this
    const cells = new Array<Cell>(kinds.length)
    for (let i = 0; i < kinds.length; i++) {
      if (nullable[i] === 1) {
        const branch = this.byte()
        if (branch === 0) {
          cells[i] = null
          continue
        }
        if (branch !== 2) throw corrupt(this.view, `a union has no branch ${branch >> 1}`)
      }
      cells[i] = this.cell(kinds[i] as number)
    }
    if (this.position !== bytes.byteLength) throw corrupt(this.view, `${bytes.byteLength - this.position} bytes too many`)
    return cells
  }

  private cell(kind: number): Cell {
    if (kind === KIND_DOUBLE) return this.double()
    if (kind === KIND_LONG) return this.long()
    if (kind === KIND_TEXT) return this.text()
    return this.byte() === 1
  }

  private byte(): number {
    if (this.position >= this.bytes.byteLength) throw corrupt(this.view, 'it ends too early')
    return this.bytes[this.position++] as number
  }

  private double(): number {
    const start = this.position
    this.position += 8
    if (this.position > this.bytes.byteLength) throw corrupt(this.view, 'it ends too early')
    return this.data.getFloat64(this.bytes.byteOffset + start, true) + 0
  }

  private long(): number {
    const first = this.byte()
    let magnitude = (first & 127) >> 1
    let factor = 64
    let byte = first
    while (byte > 127) {
      byte = this.byte()
      magnitude += (byte & 127) * factor
      factor *= 128
    }
    if (magnitude > Number.MAX_SAFE_INTEGER) throw corrupt(this.view, 'a number has more than 53 bits')
    return (first & 1) === 1 ? -magnitude - 1 : magnitude
  }

  private text(): string {
    const length = this.long()
    const start = this.position
    const end = start + length
    if (length < 0 || end > this.bytes.byteLength) throw corrupt(this.view, 'it ends too early')
    this.position = end
    try {
      return this.texts.decode(this.bytes, start, end)
    } catch (error) {
      throw corrupt(this.view, 'a text is not UTF-8', error)
    }
  }
}

function unknownSchema(view: View, id: number): WindrowError {
  return new WindrowError('WR_ROW_SCHEMA', {
    message: `rows of ${view.name} were written with schema ${id}, which the registry does not know`,
    remedy: 'Check that SCHEMA_REGISTRY_URL is the registry that the rows were written with.',
    facts: { view: view.name, schemaId: id },
  })
}

function corrupt(view: View, why: string, cause?: unknown): WindrowError {
  return new WindrowError('WR_ROW_CORRUPT', {
    message: `a record of ${view.name} is no row of it: ${why}`,
    remedy: `Find who else writes into the view's topic; build the views anew from the log: windrow reset --views.`,
    facts: { view: view.name },
    cause,
  })
}
