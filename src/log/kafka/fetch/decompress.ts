import * as zlib from 'node:zlib'
import { lz4Decompress, snappyDecompress } from '@platformatic/wasm-utils'
import { decompress as zstdInJavaScript } from 'fzstd'
import { corrupt } from './fetch-errors.ts'

/** No broker takes batches near this size; what claims to unfold into more is refused. */
const MAX_BYTES = 512 * 1024 * 1024
/** What Java's snappy library writes before its blocks; others write one bare block. */
const XERIAL = Uint8Array.of(0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0)
const XERIAL_HEAD = 16

type Codec = (bytes: Uint8Array) => Uint8Array

/** Node has it natively since 22.15; before that a plain JavaScript one does the same, slower. */
const nativeZstd = (zlib as { zstdDecompressSync?: (bytes: Uint8Array, options: { maxOutputLength: number }) => Uint8Array })
  .zstdDecompressSync

/** By the number that a record batch gives for its compression. */
const codecs: Readonly<Record<number, { readonly name: string; readonly unfold: Codec }>> = {
  1: { name: 'gzip', unfold: (bytes) => zlib.gunzipSync(bytes, { maxOutputLength: MAX_BYTES }) },
  2: { name: 'snappy', unfold: snappy },
  3: { name: 'lz4', unfold: (bytes) => lz4Decompress(asBuffer(bytes)) },
  4: {
    name: 'zstd',
    unfold: (bytes) => (nativeZstd === undefined ? zstdInJavaScript(bytes) : nativeZstd(bytes, { maxOutputLength: MAX_BYTES })),
  },
}

/** The records of the batch at `offset`, in memory of their own. */
export function decompress(codec: number, bytes: Uint8Array, offset: number): Uint8Array {
  const known = codecs[codec]
  if (known === undefined) throw corrupt(`no compression has the number ${codec}`, offset)
  try {
    return known.unfold(bytes)
  } catch (cause) {
    throw corrupt(`its ${known.name} cannot be decompressed`, offset, cause)
  }
}

function snappy(bytes: Uint8Array): Uint8Array {
  if (!startsWith(bytes, XERIAL)) return snappyDecompress(asBuffer(bytes))
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const blocks: Uint8Array[] = []
  for (let at = XERIAL_HEAD; at < bytes.byteLength; ) {
    const length = view.getInt32(at)
    const end = at + 4 + length
    if (length < 0 || end > bytes.byteLength) throw new RangeError(`a block of ${length} bytes does not fit`)
    blocks.push(snappyDecompress(asBuffer(bytes.subarray(at + 4, end))))
    at = end
  }
  return blocks.length === 1 ? (blocks[0] as Uint8Array) : Buffer.concat(blocks)
}

function startsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  return bytes.byteLength >= XERIAL_HEAD && start.every((byte, i) => bytes[i] === byte)
}

function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}
