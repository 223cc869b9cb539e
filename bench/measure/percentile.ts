/** The value below which the share `q` (0 to 1) of the values lies: the nearest rank. NaN for no values. */
export function percentile(values: ArrayLike<number>, q: number): number {
  if (values.length === 0) return Number.NaN
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))] as number
}

/** The middle value, of an even number of values the lower of the two in the middle: always one that was measured. */
export function median(values: ArrayLike<number>): number {
  return percentile(values, 0.5)
}
