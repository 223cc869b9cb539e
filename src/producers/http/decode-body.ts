import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib'
import { CallFailure } from './call-failure.ts'

/** What `decodeBody` understands, for the header `accept-encoding`. */
export const ACCEPTED_ENCODINGS = 'gzip, deflate, br'

const decoders = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  br: promisify(brotliDecompress),
  // It ought to have a header of zlib; some servers leave it out.
  deflate: (bytes: Uint8Array, options: { maxOutputLength: number }) =>
    hasZlibHeader(bytes) ? promisify(inflate)(bytes, options) : promisify(inflateRaw)(bytes, options),
} as const

/** Undoes the `content-encoding` of a body that is whole. Throws a CallFailure: `large`, or `broken` where it cannot be undone. */
export async function decodeBody(bytes: Uint8Array, encoding: string | null, maxBytes: number): Promise<Uint8Array> {
  const encodings = (encoding ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
  let decoded = bytes
  for (const name of encodings.reverse()) {
    if (name === '' || name === 'identity' || decoded.byteLength === 0) continue
    if (!isKnown(name))
      throw new CallFailure('broken', `the answer is encoded as ${JSON.stringify(name.slice(0, 40))}, which nobody asked for`)
    try {
      decoded = await decoders[name](decoded, { maxOutputLength: maxBytes })
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxBytes)
      throw new CallFailure('broken', `the answer is no whole ${name}`, cause)
    }
  }
  return decoded
}

export function tooLarge(maxBytes: number): CallFailure {
  return new CallFailure('large', `the answer has more than ${maxBytes} bytes`)
}

function isKnown(name: string): name is keyof typeof decoders {
  return Object.hasOwn(decoders, name)
}

function hasZlibHeader(bytes: Uint8Array): boolean {
  const [method = 0, flags = 0] = bytes
  return (method & 0x0f) === 8 && ((method << 8) | flags) % 31 === 0
}
