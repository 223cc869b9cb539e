import type { Dictionary } from './dictionaries.ts'
import {
  OP_DOUBLE,
  OP_ENUM,
  OP_FLAG,
  OP_FLOAT,
  OP_INT,
  OP_LONG,
  OP_OPTIONAL_DOUBLE,
  OP_TEXT,
  type PayloadOps,
  payloadOps,
} from './payload-ops.ts'
import { PieceTable, textPieces } from './piece-table.ts'
import type { EventPlan } from './planned-field.ts'
import { WHOLE_NUMBER_BOUND } from './reading-limits.ts'
import { FINE, NOT_FINITE, TOO_LARGE } from './record-problem.ts'
import { readLong } from './varint.ts'

/** Reads the payload fields of a body into a row, each into its column. */
export class PayloadReader {
  /** What is wrong with the last payload, FINE where it is sound or cut off. */
  problem = FINE
  private failed = 0
  private readonly plan: PayloadOps
  private readonly texts: PieceTable
  private readonly scratch = new Float64Array(1)

  constructor(plan: EventPlan, texts: Dictionary) {
    this.plan = payloadOps(plan, texts)
    this.texts = new PieceTable(textPieces((text) => texts.idOf(text)))
  }

  /** The snake_case name of the field at fault. */
  get field(): string {
    return this.plan.names[this.failed] as string
  }

  /** Reads the fields from `start` on into `rows[base]` and following. Gives the position after them, -1 when they are malformed. */
  read(bytes: Uint8Array, view: DataView, start: number, end: number, rows: Float64Array, base: number): number {
    const { ops, nullBytes } = this.plan
    this.problem = FINE
    let at = start
    for (let f = 0; f < ops.length; f++) {
      // Every field has at least one byte.
      if (at >= end) return this.cut(f)
      if (ops[f] === OP_OPTIONAL_DOUBLE) {
        const branch = bytes[at] as number
        if (branch === 2 && at + 9 <= end) {
          const value = view.getFloat64(at + 1, true)
          if (value - value !== 0) this.blame(NOT_FINITE, f)
          // Adding 0 makes -0 to 0: which of them a minimum gives must not depend on the order of readings.
          rows[base + f] = value + 0
          at += 9
        } else if (branch === 0) {
          rows[base + f] = Number.NaN
          at += 1
        } else {
          return this.cut(f)
        }
      } else {
        const nullByte = nullBytes[f] as number
        if (nullByte >= 0) {
          const branch = bytes[at++] as number
          if (branch === nullByte) {
            rows[base + f] = Number.NaN
            continue
          }
          if (branch !== 2 - nullByte || at >= end) return this.cut(f)
        }
        at = this.readValue(bytes, view, at, end, rows, base, f)
        if (at < 0) return this.cut(f)
      }
    }
    return at
  }

  private readValue(
    bytes: Uint8Array,
    view: DataView,
    at: number,
    end: number,
    rows: Float64Array,
    base: number,
    f: number,
  ): number {
    switch (this.plan.ops[f]) {
      case OP_FLAG: {
        const flag = bytes[at] as number
        rows[base + f] = flag
        return flag <= 1 ? at + 1 : -1
      }
      case OP_TEXT:
        return this.readText(bytes, view, at, end, rows, base, f)
      case OP_DOUBLE:
        if (at + 8 > end) return -1
        return this.store(view.getFloat64(at, true), rows, base, f, at + 8)
      case OP_FLOAT:
        if (at + 4 > end) return -1
        return this.store(view.getFloat32(at, true), rows, base, f, at + 4)
      case OP_ENUM: {
        const after = readLong(bytes, view, at, end, this.scratch, 0)
        const id = this.plan.symbolIds[f]?.[this.scratch[0] as number]
        if (after < 0 || id === undefined) return -1
        rows[base + f] = id
        return after
      }
      case OP_INT: {
        const after = readLong(bytes, view, at, end, rows, base + f)
        const value = rows[base + f] as number
        return value === (value | 0) ? after : -1
      }
      case OP_LONG: {
        const after = readLong(bytes, view, at, end, rows, base + f)
        if (Math.abs(rows[base + f] as number) >= WHOLE_NUMBER_BOUND) this.blame(TOO_LARGE, f)
        return after
      }
      default:
        return -1
    }
  }

  private store(value: number, rows: Float64Array, base: number, f: number, after: number): number {
    if (value - value !== 0) this.blame(NOT_FINITE, f)
    rows[base + f] = value + 0
    return after
  }

  private readText(
    bytes: Uint8Array,
    view: DataView,
    at: number,
    end: number,
    rows: Float64Array,
    base: number,
    f: number,
  ): number {
    const { texts } = this
    const after = texts.read(bytes, view, at, end)
    if (after < 0) return -1
    if (texts.problem !== FINE) this.blame(texts.problem, f)
    rows[base + f] = texts.id
    return after
  }

  private cut(f: number): -1 {
    this.failed = f
    return -1
  }

  private blame(problem: number, f: number): void {
    if (this.problem !== FINE) return
    this.problem = problem
    this.failed = f
  }
}
