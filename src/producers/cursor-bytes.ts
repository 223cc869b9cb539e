const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Writes the parts of a cursor's record: counts as LEB128, hashes as 8 bytes, little-endian. */
export class CursorWriter {
  private bytes = new Uint8Array(1024)
  private view = new DataView(this.bytes.buffer)
  private used = 0

  byte(value: number): void {
    this.reserve(1)
    this.bytes[this.used++] = value
  }

  /** A whole number from 0 to 2^53 - 1. */
  count(value: number): void {
    this.reserve(8)
    let left = value
    while (left >= 0x80) {
      this.bytes[this.used++] = (left % 0x80) | 0x80
      left = Math.floor(left / 0x80)
    }
    this.bytes[this.used++] = left
  }

  /** A whole number within 2^52 of zero. */
  signed(value: number): void {
    this.count(value < 0 ? -value * 2 - 1 : value * 2)
  }

  hash(value: bigint): void {
    this.reserve(8)
    this.view.setBigUint64(this.used, value, true)
    this.used += 8
  }

  text(value: string): void {
    const bytes = encoder.encode(value)
    this.count(bytes.byteLength)
    this.reserve(bytes.byteLength)
    this.bytes.set(bytes, this.used)
    this.used += bytes.byteLength
  }

  finish(): Uint8Array {
    return this.bytes.slice(0, this.used)
  }

  private reserve(more: number): void {
    if (this.used + more <= this.bytes.byteLength) return
    const grown = new Uint8Array(Math.max(this.bytes.byteLength * 2, this.used + more))
    grown.set(this.bytes)
    this.bytes = grown
    this.view = new DataView(grown.buffer)
  }
}

/** Reads what a CursorWriter wrote. Throws RangeError where the bytes end too early or go on. */
export class CursorReader {
  private readonly bytes: Uint8Array
  private readonly view: DataView
  private at = 0

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  byte(): number {
    const value = this.bytes[this.at]
    if (value === undefined) throw new RangeError('the bytes end too early')
    this.at += 1
    return value
  }

  count(): number {
    let value = 0
    let factor = 1
    for (;;) {
      const byte = this.byte()
      value += (byte & 0x7f) * factor
      if (byte < 0x80) break
      factor *= 0x80
    }
    if (!Number.isSafeInteger(value)) throw new RangeError('a count is too large')
    return value
  }

  signed(): number {
    const value = this.count()
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2
  }

  hash(): bigint {
    const value = this.view.getBigUint64(this.at, true)
    this.at += 8
    return value
  }

  text(): string {
    const length = this.count()
    const start = this.at
    if (start + length > this.bytes.byteLength) throw new RangeError('the bytes end too early')
    this.at = start + length
    return decoder.decode(this.bytes.subarray(start, this.at))
  }

  end(): void {
    if (this.at !== this.bytes.byteLength) throw new RangeError('the bytes go on')
  }
}
