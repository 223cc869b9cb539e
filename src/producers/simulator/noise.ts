/** Repeatable randomness: every value is a function of a channel and a number, so that any time can be asked for in any order. */

/** A number that stands for a seed and some texts. */
export function channelOf(seed: number, ...names: readonly string[]): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0
  for (const name of names) {
    for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193)
    hash = Math.imul(hash ^ 0xff, 0x01000193)
  }
  return mixed(hash)
}

/** Evenly distributed in [0, 1), for a whole number `index`. */
export function uniform(channel: number, index: number): number {
  // Two rounds, so that neighbours in either argument have nothing in common; the high part keeps far indexes apart.
  const high = Math.floor(index / 0x100000000)
  return (mixed(mixed(channel + Math.imul(index | 0, 0x9e3779b1)) ^ Math.imul(high, 0x85ebca6b)) >>> 0) / 0x100000000
}

/** In [-1, 1], continuous in time (milliseconds), with about one swing every two periods. */
export function smoothNoise(channel: number, time: number, periodMs: number): number {
  const position = time / periodMs
  const index = Math.floor(position)
  const part = position - index
  const from = uniform(channel, index)
  const to = uniform(channel, index + 1)
  return 2 * (from + (to - from) * part * part * (3 - 2 * part)) - 1
}

/** The finalizer of MurmurHash3 (Austin Appleby, public domain). */
function mixed(value: number): number {
  let h = value
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}
