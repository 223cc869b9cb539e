import { readLong } from './varint.ts'

const scratch = new Float64Array(1)

/** Finds where a text (or bytes) on the wire begins and ends. */
export class TextSpan {
  start = 0
  /** -1 when the text does not end before the record. */
  end = 0

  /** Reads the length at `at` (which lies before `end`, where the record ends). Gives the text's end, or -1. */
  read(bytes: Uint8Array, view: DataView, at: number, end: number): number {
    const first = bytes[at] as number
    let length = first >> 1
    if (first < 0x80) {
      this.start = at + 1
      if ((first & 1) === 1) length = -1
    } else {
      this.start = readLong(bytes, view, at, end, scratch, 0)
      length = this.start < 0 ? -1 : (scratch[0] as number)
    }
    this.end = length < 0 || length > end - this.start ? -1 : this.start + length
    return this.end
  }
}
