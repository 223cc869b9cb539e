/** Longer texts are better left to TextEncoder. */
const LONGEST = 64

/**
 * Writes a short text of ASCII characters (an id, a key, a number) at `at` and returns where it ends; -1, with nothing to rely on
 * written, for any other text. Several times as fast as TextEncoder for such texts. There must be room for one byte a character.
 */
export function putShortAscii(text: string, bytes: Uint8Array, at: number): number {
  const { length } = text
  if (length >= LONGEST) return -1
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i)
    if (code > 127) return -1
    bytes[at + i] = code
  }
  return at + length
}
