import { corrupt } from './fetch-errors.ts'
import { VarintReader } from './varint-reader.ts'

const strictText = new TextDecoder('utf-8', { fatal: true })
const encoder = new TextEncoder()

/**
 * Turns the headers of records into the JSON text that a block has. The texts are collected behind the memory of the records.
 * Nearly all records of a topic have the same headers, which are then there once.
 */
export class HeaderTexts {
  private readonly base: number
  private texts: Uint8Array[] = []
  private used = 0
  private lastRaw: Uint8Array = new Uint8Array(0)
  /** Where the text of the headers asked for last is; -1 when they have nothing that is text. */
  start = -1
  end = -1

  /** `base` is where the memory of the records ends. */
  constructor(base: number) {
    this.base = base
  }

  /** Sets `start` and `end` for the `count` headers in `bytes[from, to)`. Headers that are no text are left out. */
  find(bytes: Uint8Array, count: number, from: number, to: number, offset: number): void {
    const raw = bytes.subarray(from, to)
    if (sameBytes(raw, this.lastRaw)) return
    this.lastRaw = raw
    const text = textOf(bytes, count, from, to, offset)
    if (text === null) {
      this.start = -1
      this.end = -1
      return
    }
    this.texts.push(text)
    this.start = this.base + this.used
    this.used += text.byteLength
    this.end = this.base + this.used
  }

  /** The memory of the records with the texts behind it. */
  append(bytes: Uint8Array): Uint8Array {
    if (this.used === 0) return bytes
    const whole = new Uint8Array(this.base + this.used)
    whole.set(bytes)
    let at = this.base
    for (const text of this.texts) {
      whole.set(text, at)
      at += text.byteLength
    }
    return whole
  }
}

function textOf(bytes: Uint8Array, count: number, from: number, to: number, offset: number): Uint8Array | null {
  const reader = new VarintReader(bytes, from, to)
  // Without a prototype, so that any name is a plain one.
  const headers = Object.create(null) as Record<string, string>
  let found = false
  for (let i = 0; i < count; i++) {
    const name = textOrNull(reader.take(reader.next()))
    const length = reader.next()
    const value = length < 0 ? null : textOrNull(reader.take(length))
    if (reader.failed) throw corrupt('a header is longer than its record', offset)
    if (name === null || value === null) continue
    headers[name] = value
    found = true
  }
  if (reader.at !== to) throw corrupt('a record is longer than its headers', offset)
  return found ? encoder.encode(JSON.stringify(headers)) : null
}

function textOrNull(bytes: Uint8Array): string | null {
  try {
    return strictText.decode(bytes)
  } catch {
    // Headers of other programs may be anything; only texts are handed on.
    return null
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.byteLength !== b.byteLength) return false
  for (let i = 0; i < a.byteLength; i++) if (a[i] !== b[i]) return false
  return true
}
