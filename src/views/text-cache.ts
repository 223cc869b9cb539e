/** Longer texts hardly repeat, and to hash them costs as much as to decode them. */
const MAX_CACHED_BYTES = 48
const SLOTS = 2048

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Decodes UTF-8, and gives the same string again for short bytes seen before: rows repeat their stations, cities and days, and
 * decoding a text costs more than all other cells of a row together. Holds at most 2,048 texts.
 */
export class TextCache {
  private readonly bytesOf: Array<Uint8Array | undefined> = new Array(SLOTS)
  private readonly textOf: string[] = new Array(SLOTS).fill('')

  /** The text in [start, end). Throws TypeError when it is not UTF-8. */
  decode(bytes: Uint8Array, start: number, end: number): string {
    const length = end - start
    if (length > MAX_CACHED_BYTES) return utf8.decode(bytes.subarray(start, end))
    // FNV-1a
    let hash = 0x811c9dc5
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193)
    const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1)
    const known = this.bytesOf[slot]
    if (known !== undefined && known.byteLength === length && equalAt(known, bytes, start)) return this.textOf[slot] as string
    const own = bytes.slice(start, end)
    const text = utf8.decode(own)
    this.bytesOf[slot] = own
    this.textOf[slot] = text
    return text
  }
}

function equalAt(known: Uint8Array, bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < known.byteLength; i++) if (known[i] !== bytes[start + i]) return false
  return true
}
