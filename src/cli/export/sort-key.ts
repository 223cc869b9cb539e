import type { Cell, View } from '../../views/view.ts'

const utf8 = new TextEncoder()
const END = 0x00
const ESCAPED_END = 0xff
const SIGN_BIT = 1n << 63n

/** A text's bytes so that a prefix sorts before what it begins, and no text runs into the next cell. */
function putText(bytes: number[], text: string): void {
  for (const byte of utf8.encode(text)) {
    bytes.push(byte)
    if (byte === END) bytes.push(ESCAPED_END)
  }
  bytes.push(END, END)
}

function putBits(bytes: number[], bits: bigint): void {
  for (let shift = 56n; shift >= 0n; shift -= 8n) bytes.push(Number((bits >> shift) & 0xffn))
}

/** A number's bits so that they sort as the numbers do, negative ones first. */
function putNumber(bytes: number[], value: number): void {
  const bits = new BigUint64Array(new Float64Array([value + 0]).buffer)[0] as bigint
  putBits(bytes, (bits & SIGN_BIT) === 0n ? bits | SIGN_BIT : ~bits & 0xffffffffffffffffn)
}

/**
 * Bytes of a key whose order (as unsigned bytes) is that of the key's cells: texts by code point, instants and numbers by value,
 * one column after the other. Different keys have different bytes.
 */
export function sortKey(view: View, key: readonly Cell[]): Uint8Array {
  const bytes: number[] = []
  for (let i = 0; i < view.key.length; i++) {
    const cell = key[i] as Cell
    if (typeof cell === 'string') putText(bytes, cell)
    else if (typeof cell === 'number') putNumber(bytes, cell)
    else bytes.push(cell === true ? 1 : 0)
  }
  return Uint8Array.from(bytes)
}
