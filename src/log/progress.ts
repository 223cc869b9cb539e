import { WindrowError } from '../core/errors.ts'
import type { Progress } from './port.ts'

export const MAX_METADATA_BYTES = 4_000

const text = new TextEncoder()
const decoder = new TextDecoder()

export function assertProgress({ offset, metadata }: Progress): void {
  const bytes = text.encode(metadata).byteLength
  if (Number.isInteger(offset) && offset >= 0 && bytes <= MAX_METADATA_BYTES) return
  throw new WindrowError('WR_PROGRESS_INVALID', {
    message: `No progress can be offset ${offset} with ${bytes} bytes of metadata`,
    remedy: `Commit an offset that was read, and at most ${MAX_METADATA_BYTES} bytes of metadata.`,
    facts: { offset, bytes },
    kind: 'usage',
  })
}

export function encodeProgress({ offset, metadata }: Progress): Uint8Array {
  return text.encode(JSON.stringify({ offset, metadata }))
}

export function decodeProgress(value: Uint8Array): Progress {
  return JSON.parse(decoder.decode(value)) as Progress
}
