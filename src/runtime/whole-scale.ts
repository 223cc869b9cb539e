/**
 * Scales by which measurements become whole numbers and come back bit by bit: decimals as instruments report them, and km/h
 * that were converted to m/s (divided by 3.6).
 */
const DECIMAL_SCALES = 10
const KMH_DECIMALS = 3
const POWERS = Float64Array.from({ length: DECIMAL_SCALES }, (_, k) => 10 ** k)

/** Numbers beyond this are not scaled, so that differences of two stay exact. */
const BOUND = 2 ** 51

/** How many scales there are: 0 to 9 decimals, then km/h with 0 to 2 decimals. */
export const SCALES = DECIMAL_SCALES + KMH_DECIMALS

export function fromWhole(whole: number, scale: number): number {
  return scale < DECIMAL_SCALES ? whole / (POWERS[scale] as number) : whole / (POWERS[scale - DECIMAL_SCALES] as number) / 3.6
}

/** The first scale that gives every one of the values back bit by bit, or -1. Writes the whole numbers into `wholes`. */
export function findScale(values: Float64Array, count: number, wholes: Float64Array): number {
  // A scale that fails for one value is out, so most columns are decided by a few tries.
  for (let scale = 0; scale < SCALES; scale++) {
    if (scaleAll(values, count, scale, wholes)) return scale
  }
  return -1
}

function scaleAll(values: Float64Array, count: number, scale: number, wholes: Float64Array): boolean {
  const isDecimal = scale < DECIMAL_SCALES
  const power = POWERS[isDecimal ? scale : scale - DECIMAL_SCALES] as number
  for (let i = 0; i < count; i++) {
    const value = values[i] as number
    const whole = Math.round((isDecimal ? value : value * 3.6) * power)
    const back = isDecimal ? whole / power : whole / power / 3.6
    if (back !== value || whole > BOUND || whole < -BOUND) return false
    // 0 is all that can be: a value of -0 would come back as 0.
    if (whole === 0 && Object.is(value, -0)) return false
    wholes[i] = whole + 0
  }
  return true
}
