const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The text of a piece of bytes, or null when they are not UTF-8. */
export function utf8Text(bytes: Uint8Array, start: number, end: number): string | null {
  try {
    return decoder.decode(bytes.subarray(start, end))
  } catch {
    // TextDecoder has no other way to say that the bytes are not UTF-8.
    return null
  }
}
