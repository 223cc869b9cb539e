import { gzipSync } from 'node:zlib'
import { lz4Compress, snappyCompress } from '@platformatic/wasm-utils'
import { ByteWriter, concat } from './encode-batches.ts'

function snappy(bytes: Uint8Array): Uint8Array {
  return snappyCompress(Buffer.from(bytes))
}

/** As Java's library frames snappy: a name, two versions, then blocks with their lengths. */
function xerial(bytes: Uint8Array): Uint8Array {
  const head = new ByteWriter()
    .raw(Uint8Array.of(0x82))
    .raw(new TextEncoder().encode('SNAPPY'))
    .byte(0)
    .int(1, 4)
    .int(1, 4)
    .done()
  const blocks: Uint8Array[] = []
  for (let at = 0; at < bytes.byteLength || at === 0; at += 1_000) {
    const block = snappy(bytes.subarray(at, at + 1_000))
    blocks.push(new ByteWriter().int(block.byteLength, 4).raw(block).done())
  }
  return concat(head, ...blocks)
}

/** A frame of stored blocks, by RFC 8878: enough to know that zstd is called, with nobody here who compresses. */
function zstd(bytes: Uint8Array): Uint8Array {
  const writer = new ByteWriter()
    .raw(Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd))
    .byte(0x00)
    .byte(0x58)
  for (let at = 0; at < bytes.byteLength || at === 0; at += 1_000) {
    const block = bytes.subarray(at, at + 1_000)
    const header = (block.byteLength << 3) | (at + 1_000 >= bytes.byteLength ? 1 : 0)
    writer
      .byte(header)
      .byte(header >> 8)
      .byte(header >> 16)
      .raw(block)
  }
  return writer.done()
}

export const codecs = [
  { name: 'gzip', id: 1, compress: (bytes: Uint8Array): Uint8Array => gzipSync(bytes) },
  { name: 'snappy', id: 2, compress: snappy },
  { name: 'snappy as Java frames it', id: 2, compress: xerial },
  { name: 'lz4', id: 3, compress: (bytes: Uint8Array): Uint8Array => lz4Compress(Buffer.from(bytes)) },
  { name: 'zstd', id: 4, compress: zstd },
] as const
