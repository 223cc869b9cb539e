/**
 * Reads Kafka's variable-length integers (zigzag, 7 bits a byte, least first). Past the end, or over ten bytes, it sets `failed` and
 * gives 0, so that a loop checks once a record.
 */
export class VarintReader {
  private readonly bytes: Uint8Array
  private readonly end: number
  at: number
  failed = false

  constructor(bytes: Uint8Array, from: number, to: number) {
    this.bytes = bytes
    this.at = from
    this.end = to
  }

  /** Exact up to 2^53. */
  next(): number {
    const { bytes, end } = this
    let { at } = this
    if (at < end) {
      const first = bytes[at] as number
      if (first < 0x80) {
        this.at = at + 1
        return (first >>> 1) ^ -(first & 1)
      }
    }
    // 28 bits fit an integer operation; what is beyond is added as a float.
    let low = 0
    for (let shift = 0; shift < 28; shift += 7) {
      if (at >= end) return this.fail()
      const byte = bytes[at++] as number
      low |= (byte & 0x7f) << shift
      if (byte < 0x80) {
        this.at = at
        return (low >>> 1) ^ -(low & 1)
      }
    }
    return this.long(low, at)
  }

  /** The next so many bytes; none, and `failed`, when there are not so many. */
  take(length: number): Uint8Array {
    const start = this.at
    if (length < 0 || length > this.end - start) {
      this.fail()
      return this.bytes.subarray(start, start)
    }
    this.at = start + length
    return this.bytes.subarray(start, this.at)
  }

  private long(low: number, from: number): number {
    let at = from
    let high = 0
    for (let scale = 1, bytes = 0; bytes < 6; scale *= 128, bytes++) {
      if (at >= this.end) return this.fail()
      const byte = this.bytes[at++] as number
      high += (byte & 0x7f) * scale
      if (byte < 0x80) {
        this.at = at
        const half = (low >>> 1) + high * 134217728
        return (low & 1) === 0 ? half : -half - 1
      }
    }
    return this.fail()
  }

  private fail(): number {
    this.failed = true
    return 0
  }
}
