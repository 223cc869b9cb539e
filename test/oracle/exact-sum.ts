/** Every finite double is a whole number of these: 2^-1074, the least positive one. */
const SCALE_BITS = 1074n

/** The sum without any rounding on the way, rounded once at the end; slow, and independent of the order. */
export function exactSum(values: readonly number[]): number {
  return rounded(values.reduce((sum, value) => sum + scaled(value), 0n))
}

/** value * 2^1074 */
function scaled(value: number): bigint {
  const bits = new DataView(new ArrayBuffer(8))
  bits.setFloat64(0, value)
  const word = bits.getBigUint64(0)
  const exponent = (word >> 52n) & 2047n
  const fraction = word & ((1n << 52n) - 1n)
  const magnitude = exponent === 0n ? fraction : (fraction | (1n << 52n)) << (exponent - 1n)
  return word >> 63n === 0n ? magnitude : -magnitude
}

/** A whole number of 2^-1074 as a double: first cut to 64 significant bits, far more than a double has. */
function rounded(sum: bigint): number {
  const magnitude = sum < 0n ? -sum : sum
  const surplus = Math.max(0, magnitude.toString(2).length - 64)
  const exponent = surplus - Number(SCALE_BITS)
  // In two steps, since neither 2^-1074 nor 2^1023 times a large number can be written at once.
  const half = Math.trunc(exponent / 2)
  const value = Number(magnitude >> BigInt(surplus)) * 2 ** half * 2 ** (exponent - half)
  return sum < 0n ? -value : value
}
