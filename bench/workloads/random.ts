/** Uniform in [0, 1), always the same for the same two whole numbers (mulberry32's mixing of their combination). */
export function randomAt(index: number, salt: number): number {
  const state = (Math.imul(index, 0x9e3779b1) + Math.imul(salt + 1, 0x6d2b79f5)) | 0
  let t = Math.imul(state ^ (state >>> 15), 1 | state)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296
}

/** Two decimals, as instruments give them. */
export function hundredths(value: number): number {
  return Math.round(value * 100) / 100
}
