import * as zlib from 'node:zlib'

/** IEEE 802.3 (the one of zlib and gzip). Node has it natively since 20.15; before that a table does the same, slower. */
export const crc32: (bytes: Uint8Array) => number =
  typeof (zlib as { crc32?: unknown }).crc32 === 'function'
    ? (zlib as unknown as { crc32: (bytes: Uint8Array) => number }).crc32
    : crc32ByTable

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1
  return c
})

export function crc32ByTable(bytes: Uint8Array): number {
  let c = 0xffffffff
  for (let i = 0; i < bytes.byteLength; i++) c = (c >>> 8) ^ (TABLE[(c ^ (bytes[i] as number)) & 0xff] as number)
  return (c ^ 0xffffffff) >>> 0
}
