import * as zlib from 'node:zlib'
import { lz4Compress, snappyCompress } from '@platformatic/wasm-utils'

export type CompressionType = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'

/** How the records of a batch are made smaller. */
export interface Compression {
  readonly type: CompressionType
  /** Null: 1 for gzip, 3 for zstd. The others have none. */
  readonly level: number | null
}

/** In the attributes of a record batch. */
const NUMBERS = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const

const GZIP_LEVEL = 1
const ZSTD_LEVEL = 3

interface ZstdOfNode {
  readonly zstdCompressSync: (bytes: Uint8Array, options: { params: Readonly<Record<number, number>> }) => Uint8Array
  readonly constants: { readonly ZSTD_c_compressionLevel: number }
}

export function compressionNumber({ type }: Compression): number {
  return NUMBERS[type]
}

/** The compressed bytes, in memory of their own. */
export function compress({ type, level }: Compression, bytes: Buffer): Uint8Array {
  switch (type) {
    case 'none':
      return bytes
    case 'gzip':
      return zlib.gzipSync(bytes, { level: level ?? GZIP_LEVEL })
    case 'snappy':
      return snappyCompress(bytes)
    case 'lz4':
      return lz4Compress(bytes)
    case 'zstd': {
      // Node has it since 22.15; the configuration asks for it only there.
      const { zstdCompressSync, constants } = zlib as unknown as ZstdOfNode
      return zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: level ?? ZSTD_LEVEL } })
    }
  }
}
