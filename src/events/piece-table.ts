import { ByteTable } from './byte-table.ts'
import { MAX_REMEMBERED, MAX_TEXT_BYTES } from './reading-limits.ts'
import { BAD_TEXT, FINE, MALFORMED } from './record-problem.ts'
import { TextSpan } from './text-span.ts'
import { utf8Text } from './utf8-text.ts'

/** Where a piece on the wire ends and what it means. */
export interface PieceReader {
  /** The position after the piece at `at`, which lies before `end`; -1 when it does not end there. */
  skip(bytes: Uint8Array, view: DataView, at: number, end: number): number
  /** The number of a piece that `skip` found, at least 0, or minus the problem that it has. */
  learn(bytes: Uint8Array, view: DataView, at: number, end: number): number
}

/** Gives pieces of a body their numbers; each is taken apart when it is new, and unusable ones are not kept. */
export class PieceTable {
  /** After `read`: the number of the piece, and what is wrong with it. */
  id = -1
  problem = FINE
  private readonly table = new ByteTable()
  private readonly pieces: PieceReader

  constructor(pieces: PieceReader) {
    this.pieces = pieces
  }

  /** Reads the piece at `at`. Gives the position after it, -1 when it is malformed. */
  read(bytes: Uint8Array, view: DataView, at: number, end: number): number {
    const length = this.table.expect(view, at, end)
    if (length === 0) return this.readUnexpected(bytes, view, at, end)
    this.id = this.table.lastValue
    this.problem = FINE
    return at + length
  }

  private readUnexpected(bytes: Uint8Array, view: DataView, at: number, end: number): number {
    const after = at < end ? this.pieces.skip(bytes, view, at, end) : -1
    if (after < 0) return -1
    this.id = this.table.find(view, at, after)
    this.problem = FINE
    return this.id >= 0 ? after : this.learn(bytes, view, at, after)
  }

  private learn(bytes: Uint8Array, view: DataView, at: number, after: number): number {
    this.id = this.pieces.learn(bytes, view, at, after)
    if (this.id < 0) {
      this.problem = -this.id
      return this.problem === MALFORMED ? -1 : after
    }
    if (this.table.size >= MAX_REMEMBERED) this.table.clear()
    this.table.add(bytes, view, at, after, this.id)
    return after
  }
}

/** Reads texts with their length before them. */
export function textPieces(idOf: (text: string) => number): PieceReader {
  const span = new TextSpan()
  return {
    skip: (bytes, view, at, end) => span.read(bytes, view, at, end),
    learn(bytes, view, at, end) {
      span.read(bytes, view, at, end)
      const text = utf8Text(bytes, span.start, span.end)
      if (text === null) return -MALFORMED
      return span.end - span.start > MAX_TEXT_BYTES || text.includes('\0') ? -BAD_TEXT : idOf(text)
    },
  }
}
