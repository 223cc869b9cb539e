import type { Dictionary } from './dictionaries.ts'
import type { EventPlan, WireType } from './planned-field.ts'

/** What to do with the bytes of a payload field. A double in a union whose first branch is null, as nearly all are, has one of its own. */
export const OP_OPTIONAL_DOUBLE = 7
export const OP_DOUBLE = 0
export const OP_FLOAT = 1
export const OP_INT = 2
export const OP_LONG = 3
export const OP_FLAG = 4
export const OP_TEXT = 5
export const OP_ENUM = 6

/** An event's payload fields as flat arrays for the hot path. */
export interface PayloadOps {
  readonly ops: Uint8Array
  /** The byte of the branch that is null (0 or 2), -1 where the field is in no union. */
  readonly nullBytes: Int8Array
  /** snake_case, for messages. */
  readonly names: readonly string[]
  /** Of an enum: the text number of each symbol; empty for others. */
  readonly symbolIds: readonly Int32Array[]
}

export function payloadOps(plan: EventPlan, texts: Dictionary): PayloadOps {
  const fields = plan.fields.filter(({ role }) => role === 'payload')
  return {
    ops: Uint8Array.from(fields, ({ wire, nullBranch }) =>
      wire === 'double' && nullBranch === 0 ? OP_OPTIONAL_DOUBLE : OPS[wire],
    ),
    nullBytes: Int8Array.from(fields, ({ nullBranch }) => (nullBranch < 0 ? -1 : nullBranch * 2)),
    names: fields.map(({ field }) => field),
    symbolIds: fields.map(({ symbols }) => Int32Array.from(symbols, (symbol) => texts.idOf(symbol))),
  }
}

const OPS: Readonly<Record<WireType, number>> = {
  double: OP_DOUBLE,
  float: OP_FLOAT,
  int: OP_INT,
  long: OP_LONG,
  boolean: OP_FLAG,
  string: OP_TEXT,
  enum: OP_ENUM,
  // No payload field is a record; `defineEvent` refuses it.
  record: -1,
}
