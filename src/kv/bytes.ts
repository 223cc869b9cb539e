/** True when both hold the same bytes. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && Buffer.compare(a, b) === 0
}

/** The first key after every key that starts with the prefix. The prefix must not consist of 0xff alone. */
export function afterPrefix(prefix: Uint8Array): Uint8Array {
  let length = prefix.byteLength
  while (length > 0 && prefix[length - 1] === 0xff) length--
  const end = prefix.slice(0, length)
  end[length - 1] = (end[length - 1] as number) + 1
  return end
}

/** The smallest key that is greater than the key. */
export function justAfter(key: Uint8Array): Uint8Array {
  const next = new Uint8Array(key.byteLength + 1)
  next.set(key)
  return next
}
