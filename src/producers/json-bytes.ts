/** The JSON of an element of an answer: what stands for its bytes in a dead letter. */
export function jsonBytes(element: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(element))
}
