const WORDS = 4
const BYTES_PER_SLOT = WORDS * 4 + 8

/**
 * Remembers the last offset of each key by a fingerprint of 128 bits, in typed arrays of a fixed size. It looks only at keys
 * whose first word lies in [from, to); when it gets full it lowers `to` by itself, and what it leaves out is for
 * another pass. Two keys of one fingerprint would count as one: with a hundred million keys the chance is below 1e-22.
 */
export class KeyIndex {
  readonly from: number
  /** Exclusive, at most 2^32. */
  to = 2 ** 32
  private readonly mask: number
  private readonly most: number
  private words: Uint32Array
  private offsets: Float64Array
  private size = 0
  private readonly print = new Uint32Array(WORDS)

  constructor(from: number, memoryBytes: number) {
    let slots = 64
    while (slots * 2 * BYTES_PER_SLOT * 2 <= memoryBytes) slots *= 2
    this.from = from
    this.mask = slots - 1
    this.most = Math.floor(slots * 0.7)
    this.words = new Uint32Array(slots * WORDS)
    this.offsets = new Float64Array(slots).fill(-1)
  }

  /** Notes that the key (bytes [start, end)) occurs at the offset; offsets come ascending. */
  note(bytes: Uint8Array, start: number, end: number, offset: number): void {
    fingerprint(bytes, start, end, this.print)
    const first = this.print[0] as number
    if (first < this.from || first >= this.to) return
    if (this.size >= this.most) {
      this.narrow()
      if (first >= this.to) return
    }
    const slot = this.slotOf(this.print, 0)
    if ((this.offsets[slot] as number) < 0) {
      this.words.set(this.print, slot * WORDS)
      this.size++
    }
    this.offsets[slot] = offset
  }

  /** The last offset noted for the key, -1 when it is not looked at in this pass. */
  last(bytes: Uint8Array, start: number, end: number): number {
    fingerprint(bytes, start, end, this.print)
    const first = this.print[0] as number
    return first < this.from || first >= this.to ? -1 : (this.offsets[this.slotOf(this.print, 0)] as number)
  }

  /** Halves the range until there is room, and forgets what is outside. */
  private narrow(): void {
    while (this.size >= this.most) {
      this.to = this.from + Math.ceil((this.to - this.from) / 2)
      const { words, offsets } = this
      this.words = new Uint32Array(words.length)
      this.offsets = new Float64Array(offsets.length).fill(-1)
      this.size = 0
      for (let slot = 0; slot < offsets.length; slot++) {
        if ((offsets[slot] as number) < 0 || (words[slot * WORDS] as number) >= this.to) continue
        const target = this.slotOf(words, slot * WORDS)
        this.words.set(words.subarray(slot * WORDS, slot * WORDS + WORDS), target * WORDS)
        this.offsets[target] = offsets[slot] as number
        this.size++
      }
    }
  }

  /** Where the fingerprint at `at` is, or would be put. */
  private slotOf(print: Uint32Array, at: number): number {
    let slot = (print[at + 1] as number) & this.mask
    while ((this.offsets[slot] as number) >= 0 && !this.holds(slot, print, at)) slot = (slot + 1) & this.mask
    return slot
  }

  private holds(slot: number, print: Uint32Array, at: number): boolean {
    for (let word = 0; word < WORDS; word++) if (this.words[slot * WORDS + word] !== print[at + word]) return false
    return true
  }
}

/** Four 32-bit hashes of the bytes with constants of their own, each finished as murmur3 finishes its words. */
function fingerprint(bytes: Uint8Array, start: number, end: number, out: Uint32Array): void {
  let a = 0x239b961b ^ (end - start)
  let b = 0xab0e9789 ^ (end - start)
  let c = 0x38b34ae5 ^ (end - start)
  let d = 0xa1e38b93 ^ (end - start)
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number
    a = Math.imul(a ^ byte, 0x01000193)
    b = Math.imul(rotated(b, 5) ^ byte, 0x9e3779b1)
    c = Math.imul(rotated(c, 13) + byte + 1, 0x85ebca6b)
    d = Math.imul(rotated(d, 19) ^ (byte + 0x7f), 0xc2b2ae35)
  }
  out[0] = finished(a + d)
  out[1] = finished(b + a)
  out[2] = finished(c ^ (b >>> 3))
  out[3] = finished(d + Math.imul(c, 5))
}

function rotated(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by))
}

function finished(word: number): number {
  let h = word
  h ^= h >>> 16
  h = Math.imul(h, 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae35)
  return h ^ (h >>> 16)
}
