const NO_ENTRY = -1

/** True when `length` bytes at `a` and at `b` are the same; both views must be over exactly the memory of their bytes. */
export function sameBytes(aView: DataView, a: number, bView: DataView, b: number, length: number): boolean {
  if (length < 4) return sameFewBytes(aView, a, bView, b, length)
  // Four at a time; the last four overlap those before.
  const last = length - 4
  for (let i = 0; i < last; i += 4) {
    if (aView.getInt32(a + i, true) !== bView.getInt32(b + i, true)) return false
  }
  return aView.getInt32(a + last, true) === bView.getInt32(b + last, true)
}

function sameFewBytes(aView: DataView, a: number, bView: DataView, b: number, length: number): boolean {
  for (let i = 0; i < length; i++) {
    if (aView.getUint8(a + i) !== bView.getUint8(b + i)) return false
  }
  return true
}

/** A hash for tables in memory; its value is kept nowhere. */
function hashBytes(view: DataView, start: number, end: number): number {
  let hash = end - start
  if (hash < 4) {
    for (let i = start; i < end; i++) hash = (hash << 8) | view.getUint8(i)
    return scrambled(Math.imul(hash, 0x9e3779b1))
  }
  const last = end - 4
  for (let i = start; i < last; i += 4) hash = scrambled(Math.imul(hash ^ view.getInt32(i, true), 0x9e3779b1))
  return scrambled(Math.imul(hash ^ view.getInt32(last, true), 0x85ebca6b))
}

function scrambled(hash: number): number {
  return hash ^ (hash >>> 15)
}

/**
 * Remembers pieces of bytes, each with a number, so that a piece seen before costs a comparison and no string. Open
 * addressing, linear probing, at most half full; but first the piece is compared with the one that came after the same
 * predecessor the last time, since stations report in turns and texts repeat.
 */
export class ByteTable {
  private slots = new Int32Array(64).fill(NO_ENTRY)
  private hashes = new Int32Array(32)
  private starts = new Int32Array(32)
  /** -1 where there is no entry. */
  private lengths = new Int32Array(32).fill(-1)
  private values = new Int32Array(32)
  private followers = new Int32Array(32)
  private arena = new Uint8Array(1024)
  private arenaView = new DataView(this.arena.buffer)
  private used = 0
  private entries = 0
  private lastFound = 0

  get size(): number {
    return this.entries
  }

  /** The number of the piece, -1 when it was never added. */
  find(view: DataView, start: number, end: number): number {
    const guess = this.followers[this.lastFound] as number
    if (!this.isEntry(guess, view, start, end - start)) return this.search(view, start, end)
    this.lastFound = guess
    return this.values[guess] as number
  }

  /**
   * The length of the piece at `start` if it is the one to be expected, whose number is then `lastValue`; else 0. For pieces that say
   * themselves where they end, so that none is the beginning of another.
   */
  expect(view: DataView, start: number, end: number): number {
    const guess = this.followers[this.lastFound] as number
    const length = this.lengths[guess] as number
    if (length <= 0 || start + length > end || !sameBytes(this.arenaView, this.starts[guess] as number, view, start, length))
      return 0
    this.lastFound = guess
    return length
  }

  get lastValue(): number {
    return this.values[this.lastFound] as number
  }

  private isEntry(entry: number, view: DataView, start: number, length: number): boolean {
    return this.lengths[entry] === length && sameBytes(this.arenaView, this.starts[entry] as number, view, start, length)
  }

  private search(view: DataView, start: number, end: number): number {
    const hash = hashBytes(view, start, end)
    const mask = this.slots.length - 1
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = this.slots[slot] as number
      if (entry === NO_ENTRY) return -1
      if (this.hashes[entry] === hash && this.isEntry(entry, view, start, end - start)) {
        this.followers[this.lastFound] = entry
        this.lastFound = entry
        return this.values[entry] as number
      }
    }
  }

  /** Adds a piece that is not yet there. */
  add(bytes: Uint8Array, view: DataView, start: number, end: number, value: number): void {
    if (this.entries === this.hashes.length) this.grow()
    const entry = this.entries++
    const hash = hashBytes(view, start, end)
    this.reserve(end - start)
    this.arena.set(bytes.subarray(start, end), this.used)
    this.hashes[entry] = hash
    this.starts[entry] = this.used
    this.lengths[entry] = end - start
    this.values[entry] = value
    this.used += end - start
    this.place(entry, hash)
  }

  clear(): void {
    this.slots.fill(NO_ENTRY)
    this.lengths.fill(-1)
    this.followers.fill(0)
    this.lastFound = 0
    this.entries = 0
    this.used = 0
  }

  private place(entry: number, hash: number): void {
    const mask = this.slots.length - 1
    let slot = hash & mask
    while (this.slots[slot] !== NO_ENTRY) slot = (slot + 1) & mask
    this.slots[slot] = entry
  }

  private grow(): void {
    const capacity = this.hashes.length * 2
    this.hashes = extended(this.hashes, capacity)
    this.starts = extended(this.starts, capacity)
    this.lengths = extended(this.lengths, capacity).fill(-1, this.entries)
    this.values = extended(this.values, capacity)
    this.followers = extended(this.followers, capacity)
    this.slots = new Int32Array(capacity * 2).fill(NO_ENTRY)
    for (let entry = 0; entry < this.entries; entry++) this.place(entry, this.hashes[entry] as number)
  }

  private reserve(more: number): void {
    if (this.used + more <= this.arena.length) return
    const grown = new Uint8Array(Math.max(this.arena.length * 2, this.used + more))
    grown.set(this.arena.subarray(0, this.used))
    this.arena = grown
    this.arenaView = new DataView(grown.buffer)
  }
}

/** A longer copy of the array. */
export function extended(array: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  const longer = new Int32Array(length)
  longer.set(array)
  return longer
}
