const CONTINUED = 0x80808080 | 0

/**
 * Reads an Avro int or long (zigzag varint) at `position` into `out[index]` and gives the position after it, or -1 when it does not end
 * before `end` or has more than 64 bits. Exact up to +-(2^53 - 1), beyond that near. Puts the number into an array because a
 * double that a function returns costs an object whenever the call is not inlined.
 */
export function readLong(
  bytes: Uint8Array,
  view: DataView,
  position: number,
  end: number,
  out: Float64Array,
  index: number,
): number {
  if (position + 6 <= end) {
    const first = bytes[position] as number
    if (first < 0x80) {
      out[index] = (first >> 1) ^ -(first & 1)
      return position + 1
    }
    // Times are six bytes, of which the first five say that another follows.
    const four = view.getInt32(position, true)
    const fifth = bytes[position + 4] as number
    const sixth = bytes[position + 5] as number
    if ((four & CONTINUED) === CONTINUED && fifth >= 0x80 && sixth < 0x80) {
      // The magnitude without the sign bit: 6 bits of the first byte, then 7 of each.
      const low = ((four & 0x7e) >> 1) | ((four & 0x7f00) >> 2) | ((four & 0x7f0000) >> 3) | ((four & 0x7f000000) >> 4)
      const magnitude = low + ((fifth & 0x7f) | (sixth << 7)) * 2 ** 27
      out[index] = (four & 1) === 1 ? -magnitude - 1 : magnitude
      return position + 6
    }
  }
  return readAnyLong(bytes, position, end, out, index)
}

function readAnyLong(bytes: Uint8Array, position: number, end: number, out: Float64Array, index: number): number {
  let at = position
  let magnitude = 0
  let weight = 1
  let negative = false
  for (let n = 0; n < 10; n++) {
    if (at >= end) return -1
    const byte = bytes[at++] as number
    if (n === 9 && byte > 1) return -1
    if (n === 0) negative = (byte & 1) === 1
    magnitude += (n === 0 ? (byte & 0x7f) >> 1 : byte & 0x7f) * weight
    weight *= n === 0 ? 64 : 128
    if (byte < 0x80) {
      out[index] = negative ? -magnitude - 1 : magnitude
      return at
    }
  }
  return -1
}
