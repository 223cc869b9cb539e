import { createHash, type Hash } from 'node:crypto'
import { digestOf, MAX_KEPT_BYTES } from '../source.ts'

/** One line of a file, without its line break. */
export interface Line {
  /** 1-based */
  readonly number: number
  /** A window into memory that is valid until the next chunk is pushed. Of a line that is too long only the beginning. */
  readonly bytes: Uint8Array
  /** What the line is, where it is too long to be kept. */
  readonly tooLong: { readonly byteLength: number; readonly hash: string } | null
}

const NEWLINE = 0x0a
const RETURN = 0x0d

/** Cuts a stream of bytes into lines with never more than `maxBytes` of one line in memory. Lines end with LF or CR LF. */
export class LineSplitter {
  private readonly maxBytes: number
  private number = 0
  /** The beginning of a line whose end has not come yet. */
  private held: Uint8Array[] = []
  private heldBytes = 0
  /** Set while a line that is too long goes by. */
  private overflow: { readonly hash: Hash; byteLength: number; readonly head: Uint8Array } | null = null

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes
  }

  /** The lines that end in the chunk. */
  *push(chunk: Uint8Array): Generator<Line> {
    let start = 0
    for (;;) {
      const end = chunk.indexOf(NEWLINE, start)
      if (end < 0) break
      const line = this.finish(chunk.subarray(start, end))
      start = end + 1
      yield line
    }
    if (start < chunk.byteLength) this.hold(chunk.subarray(start))
  }

  /** The last line, where the file does not end with a line break. */
  end(): Line | null {
    return this.heldBytes === 0 && this.overflow === null ? null : this.finish(new Uint8Array(0))
  }

  private finish(last: Uint8Array): Line {
    this.number += 1
    if (this.overflow !== null || this.heldBytes + last.byteLength > this.maxBytes) return this.finishTooLong(last)
    let bytes = last
    if (this.heldBytes > 0) {
      bytes = Buffer.concat([...this.held, last])
      this.held = []
      this.heldBytes = 0
    }
    if (bytes.at(-1) === RETURN) bytes = bytes.subarray(0, -1)
    return { number: this.number, bytes, tooLong: null }
  }

  private finishTooLong(last: Uint8Array): Line {
    this.hold(last)
    const { hash, byteLength, head } = this.overflow ?? this.startOverflow()
    this.overflow = null
    return { number: this.number, bytes: head, tooLong: { byteLength, hash: digestOf(hash) } }
  }

  private hold(part: Uint8Array): void {
    if (this.overflow !== null) {
      this.overflow.hash.update(part)
      this.overflow.byteLength += part.byteLength
      return
    }
    // A copy: the chunk's memory is the reader's.
    this.held.push(part.slice())
    this.heldBytes += part.byteLength
    if (this.heldBytes > this.maxBytes) this.overflow = this.startOverflow()
  }

  private startOverflow(): { readonly hash: Hash; byteLength: number; readonly head: Uint8Array } {
    const all = Buffer.concat(this.held)
    this.held = []
    this.heldBytes = 0
    return {
      hash: createHash('sha256').update(all),
      byteLength: all.byteLength,
      head: all.subarray(0, Math.min(MAX_KEPT_BYTES, this.maxBytes)),
    }
  }
}
