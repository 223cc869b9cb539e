import type { Dictionary } from './dictionaries.ts'
import type { PieceReader } from './piece-table.ts'
import type { PlannedField } from './planned-field.ts'
import { MAX_KEY_BYTES, SUB_KEY_SEPARATOR } from './reading-limits.ts'
import { BAD_KEY, BAD_TEXT, MALFORMED } from './record-problem.ts'
import { utf8Text } from './utf8-text.ts'
import { readLong } from './varint.ts'

const scratch = new Float64Array(1)

/** Reads the fields of a sub-key, which follow one another: the non-null texts joined by `/`. */
export function subKeyPieces(subKeys: Dictionary, fields: readonly PlannedField[]): PieceReader {
  return {
    skip: (bytes, view, at, end) => skipSubKey(bytes, view, at, end, fields),
    learn: (bytes, view, at, end) => learnSubKey(bytes, view, at, end, subKeys, fields),
  }
}

function skipSubKey(bytes: Uint8Array, view: DataView, start: number, end: number, fields: readonly PlannedField[]): number {
  let at = start
  for (let f = 0; f < fields.length; f++) {
    const field = fields[f] as PlannedField
    if (field.nullBranch >= 0) {
      if (at >= end) return -1
      const branch = bytes[at++] as number
      if (branch !== 0 && branch !== 2) return -1
      if (branch >> 1 === field.nullBranch) continue
    }
    at = readLong(bytes, view, at, end, scratch, 0)
    if (at < 0) return -1
    const number = scratch[0] as number
    if (field.wire === 'enum') {
      if (number < 0 || number >= field.symbols.length) return -1
    } else {
      if (number < 0 || number > end - at) return -1
      at += number
    }
  }
  return at
}

function learnSubKey(
  bytes: Uint8Array,
  view: DataView,
  start: number,
  end: number,
  subKeys: Dictionary,
  fields: readonly PlannedField[],
): number {
  const parts: string[] = []
  let at = start
  for (const field of fields) {
    if (field.nullBranch >= 0 && (bytes[at++] as number) >> 1 === field.nullBranch) continue
    at = readLong(bytes, view, at, end, scratch, 0)
    const number = scratch[0] as number
    if (field.wire === 'enum') {
      parts.push(field.symbols[number] as string)
      continue
    }
    const text = utf8Text(bytes, at, at + number)
    if (text === null) return -MALFORMED
    if (text.includes('\0')) return -BAD_TEXT
    if (text === '' || number > MAX_KEY_BYTES || (fields.length > 1 && text.includes(SUB_KEY_SEPARATOR))) return -BAD_KEY
    parts.push(text)
    at += number
  }
  return subKeys.idOf(parts.join(SUB_KEY_SEPARATOR))
}
