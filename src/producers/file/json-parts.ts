import { createHash, type Hash } from 'node:crypto'
import { digestOf, MAX_KEPT_BYTES } from '../source.ts'

/** A value of a JSON document: an element of an array, or a property of the outermost object that is no array. */
export interface JsonPart {
  /** The property that it belongs to, empty in an outermost array. */
  readonly name: string
  /** False for a property's own value. */
  readonly isElement: boolean
  /** 1-based line at which it begins. */
  readonly line: number
  /** A window into memory that is valid until the next chunk is pushed; only the beginning of a part that is too long. */
  readonly bytes: Uint8Array
  readonly tooLong: { readonly byteLength: number; readonly hash: string } | null
}

const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
const OPEN_ARRAY = 0x5b
const CLOSE_ARRAY = 0x5d
const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const COLON = 0x3a
const NEWLINE = 0x0a

/** Nothing open, in the outermost object, in an array whose elements are parts, or inside a part. */
type Place = 'outside' | 'object' | 'array' | 'part' | 'after'

/**
 * Cuts a JSON document into its parts without reading it whole and without understanding it: `JSON.parse` does that, part by part.
 * So a broken element is one broken element, where a JSON parser would give up the rest of the document: a text ends at its line's
 * end, an object that nobody closed ends where the next begins, and a bracket too many is an element of its own.
 */
export class JsonSplitter {
  private readonly maxBytes: number
  private readonly decoder = new TextDecoder()
  private place: Place = 'outside'
  /** Whether `array` is the outermost array or one in a property. */
  private inProperty = false
  private partOf: 'object' | 'array' = 'array'
  private name = ''
  private line = 1
  private inText = false
  private escaped = false
  /** The last byte that is neither space nor inside a text. */
  private previous = 0
  /** The brackets that the part opened. */
  private brackets: number[] = []
  private partLine = 0
  private held: Uint8Array[] = []
  private heldBytes = 0
  private overflow: { readonly hash: Hash; byteLength: number; readonly head: Uint8Array } | null = null
  private key: number[] = []
  private arrays = 0

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes
  }

  /** True when the document's outermost bracket was closed. */
  get isWhole(): boolean {
    return this.place === 'after'
  }

  /** True when the document has an array whose elements are parts, be they none. */
  get sawArray(): boolean {
    return this.arrays > 0
  }

  /** True when the document is neither an array nor an object. */
  get isForeign(): boolean {
    return this.place === 'outside' && this.previous !== 0
  }

  /** The parts that end in the chunk. */
  *push(chunk: Uint8Array): Generator<JsonPart> {
    let start = 0
    // In the middle of a part its beginning is held, and it goes on with this chunk.
    for (let i = 0; i < chunk.byteLength; i++) {
      const byte = chunk[i] as number
      if (byte === NEWLINE) {
        this.line += 1
        this.inText = false
        this.escaped = false
      }
      if (this.inText) {
        this.inside(byte)
        continue
      }
      if (isSpace(byte) || (this.previous === 0 && isByteOrderMark(byte))) continue
      if (this.place === 'part') {
        if (this.endsPart(byte)) {
          yield this.finish(chunk.subarray(start, i))
          this.between(byte)
          if (this.startsPart(byte)) start = this.begin(byte, i)
        } else this.within(byte)
      } else if (this.startsPart(byte)) start = this.begin(byte, i)
      else this.between(byte)
      this.previous = byte
    }
    // A copy: the chunk's memory is the reader's.
    if (this.place === 'part') this.hold(chunk.slice(start))
  }

  /** What was begun and not ended, where the document breaks off. */
  end(): JsonPart | null {
    return this.place === 'part' ? this.finish(new Uint8Array(0)) : null
  }

  private inside(byte: number): void {
    if (this.escaped) this.escaped = false
    else if (byte === BACKSLASH) this.escaped = true
    else if (byte === QUOTE) this.inText = false
    if (this.place === 'object' && this.inText && this.key.length < 1000) this.key.push(byte)
  }

  /** A byte outside of any part. */
  private between(byte: number): void {
    if (byte === QUOTE) {
      this.inText = true
      this.key = []
    } else if (byte === COLON && this.place === 'object') this.name = this.decoder.decode(Uint8Array.from(this.key))
    else if (byte === CLOSE_ARRAY && this.place === 'array') this.place = this.inProperty ? 'object' : 'after'
    else if (byte === CLOSE_OBJECT && this.place === 'object') this.place = 'after'
    else if (this.place === 'object' && byte === OPEN_ARRAY && this.previous === COLON) {
      this.place = 'array'
      this.inProperty = true
      this.arrays += 1
    } else if (this.place === 'outside' && this.previous === 0) {
      if (byte === OPEN_ARRAY) {
        this.place = 'array'
        this.arrays += 1
      } else if (byte === OPEN_OBJECT) this.place = 'object'
    }
  }

  private startsPart(byte: number): boolean {
    if (this.place === 'array') return byte !== COMMA && byte !== CLOSE_ARRAY
    return this.place === 'object' && this.previous === COLON && byte !== OPEN_ARRAY && byte !== COMMA && byte !== CLOSE_OBJECT
  }

  private begin(byte: number, at: number): number {
    this.partOf = this.place === 'array' ? 'array' : 'object'
    this.place = 'part'
    this.partLine = this.line
    this.within(byte)
    return at
  }

  private within(byte: number): void {
    if (byte === QUOTE) this.inText = true
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) this.brackets.push(byte)
    else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) this.brackets.pop()
  }

  /** Whether the byte ends the part without belonging to it; then the place is what the part was in. */
  private endsPart(byte: number): boolean {
    const ends =
      this.brackets.length === 0
        ? byte === COMMA || byte === (this.partOf === 'array' ? CLOSE_ARRAY : CLOSE_OBJECT)
        : this.partOf === 'array' && this.brackets.length === 1 && this.isUnclosed(byte)
    if (ends) {
      this.place = this.partOf
      this.brackets = []
    }
    return ends
  }

  /** In an object a comma is followed by a name, and `]` closes nothing: the end of the object is missing. */
  private isUnclosed(byte: number): boolean {
    return this.brackets[0] === OPEN_OBJECT && (byte === CLOSE_ARRAY || (byte === OPEN_OBJECT && this.previous === COMMA))
  }

  private finish(last: Uint8Array): JsonPart {
    this.hold(last)
    const { name, partLine: line, overflow } = this
    const isElement = this.partOf === 'array'
    this.overflow = null
    if (overflow !== null) {
      const tooLong = { byteLength: overflow.byteLength, hash: digestOf(overflow.hash) }
      return { name, isElement, line, bytes: overflow.head, tooLong }
    }
    const bytes = this.held.length === 1 ? (this.held[0] as Uint8Array) : Buffer.concat(this.held)
    this.held = []
    this.heldBytes = 0
    return { name, isElement, line, bytes, tooLong: null }
  }

  private hold(part: Uint8Array): void {
    if (this.overflow !== null) {
      this.overflow.hash.update(part)
      this.overflow.byteLength += part.byteLength
      return
    }
    this.held.push(part)
    this.heldBytes += part.byteLength
    if (this.heldBytes <= this.maxBytes) return
    const all = Buffer.concat(this.held)
    this.overflow = {
      hash: createHash('sha256').update(all),
      byteLength: all.byteLength,
      head: all.subarray(0, Math.min(MAX_KEPT_BYTES, this.maxBytes)),
    }
    this.held = []
    this.heldBytes = 0
  }
}

function isByteOrderMark(byte: number): boolean {
  return byte === 0xef || byte === 0xbb || byte === 0xbf
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === NEWLINE || byte === 0x0d || byte === 0x09
}
