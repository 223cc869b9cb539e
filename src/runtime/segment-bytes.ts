import { WindrowError } from '../core/errors.ts'

const utf8Encoder = new TextEncoder()
const utf8Decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The error for bytes of a segment that cannot be what was written. */
export function corruptSegment(problem: string, cause?: unknown): WindrowError {
  return new WindrowError('WR_SEGMENT_CORRUPT', {
    message: `A segment of the local state ${problem}.`,
    remedy: 'Nothing has to be done: the state is a cache and is read from the log again. Check the disk when it happens twice.',
    cause,
  })
}

/** The most bits that `writePacked` takes a number. */
export const MAX_PACKED_BITS = 24

/** Collects bytes; reusable after `reset`. */
export class SegmentWriter {
  private bytes = new Uint8Array(4096)
  private view = new DataView(this.bytes.buffer)
  private used = 0

  reset(): void {
    this.used = 0
  }

  /** The bytes so far, valid until the next write. */
  get written(): Uint8Array {
    return this.bytes.subarray(0, this.used)
  }

  byte(value: number): void {
    this.reserve(1)
    this.bytes[this.used++] = value
  }

  uint32(value: number): void {
    this.reserve(4)
    this.view.setInt32(this.used, value)
    this.used += 4
  }

  double(value: number): void {
    this.reserve(8)
    this.view.setFloat64(this.used, value)
    this.used += 8
  }

  /** A whole number from 0 to 2^53 - 1. */
  unsigned(value: number): void {
    this.reserve(8)
    let rest = value
    for (; rest >= 2 ** 31; rest = Math.floor(rest / 128)) this.bytes[this.used++] = (rest % 128) | 0x80
    for (; rest >= 0x80; rest >>>= 7) this.bytes[this.used++] = (rest & 0x7f) | 0x80
    this.bytes[this.used++] = rest
  }

  /** A whole number from -2^52 to 2^52. */
  signed(value: number): void {
    this.unsigned(value < 0 ? -value * 2 - 1 : value * 2)
  }

  text(text: string): void {
    this.reserve(text.length * 3 + 8)
    const bytes = utf8Encoder.encode(text)
    this.unsigned(bytes.byteLength)
    this.reserve(bytes.byteLength)
    this.bytes.set(bytes, this.used)
    this.used += bytes.byteLength
  }

  /** The low `bits` (0 to 24) of each number, without gaps. */
  packed(values: Float64Array, count: number, bits: number): void {
    this.reserve(Math.ceil((count * bits) / 8))
    const { bytes } = this
    let at = this.used
    let pending = 0
    let pendingBits = 0
    for (let i = 0; i < count; i++) {
      pending |= (values[i] as number) << pendingBits
      pendingBits += bits
      for (; pendingBits >= 8; pendingBits -= 8) {
        bytes[at++] = pending
        pending >>>= 8
      }
    }
    if (pendingBits > 0) bytes[at++] = pending
    this.used = at
  }

  private reserve(more: number): void {
    if (this.used + more <= this.bytes.byteLength) return
    const grown = new Uint8Array(Math.max(this.bytes.byteLength * 2, this.used + more))
    grown.set(this.bytes.subarray(0, this.used))
    this.bytes = grown
    this.view = new DataView(grown.buffer)
  }
}

/** Reads what a SegmentWriter wrote. Throws WR_SEGMENT_CORRUPT instead of reading past the end. */
export class SegmentReader {
  private readonly bytes: Uint8Array
  private readonly view: DataView
  private at = 0

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get left(): number {
    return this.bytes.byteLength - this.at
  }

  byte(): number {
    this.need(1)
    return this.bytes[this.at++] as number
  }

  double(): number {
    this.need(8)
    this.at += 8
    return this.view.getFloat64(this.at - 8)
  }

  unsigned(): number {
    let value = 0
    let weight = 1
    for (let n = 0; n < 8; n++) {
      const byte = this.byte()
      value += (byte & 0x7f) * weight
      if (byte < 0x80) return value
      weight *= 128
    }
    throw corruptSegment('has a number that does not end')
  }

  signed(): number {
    const value = this.unsigned()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  text(): string {
    const length = this.unsigned()
    this.need(length)
    this.at += length
    try {
      return utf8Decoder.decode(this.bytes.subarray(this.at - length, this.at))
    } catch (cause) {
      throw corruptSegment('has a text that is not UTF-8', cause)
    }
  }

  packed(values: Float64Array, count: number, bits: number): void {
    if (bits > MAX_PACKED_BITS) throw corruptSegment('has numbers of too many bits')
    this.need(Math.ceil((count * bits) / 8))
    const { bytes } = this
    const mask = 2 ** bits - 1
    let { at } = this
    let pending = 0
    let pendingBits = 0
    for (let i = 0; i < count; i++) {
      for (; pendingBits < bits; pendingBits += 8) pending |= (bytes[at++] as number) << pendingBits
      values[i] = pending & mask
      pending >>>= bits
      pendingBits -= bits
    }
    this.at = at
  }

  private need(bytes: number): void {
    if (bytes > this.left) throw corruptSegment('is cut off')
  }
}
