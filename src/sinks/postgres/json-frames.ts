import type { Socket } from 'node:net'

const LENGTH_BYTES = 4
/** A longer frame is no honest one: results are read in pages. */
const MAX_FRAME_BYTES = 256 * 1024 * 1024

/** A frame is its length, 4 bytes big-endian, and that many bytes of JSON in UTF-8. Bytes are `{"$bytes": base64}`. */
export function encodeFrame(message: unknown): Buffer {
  const body = Buffer.from(JSON.stringify(message, replaceBytes), 'utf8')
  if (body.byteLength > MAX_FRAME_BYTES) throw new RangeError(`${body.byteLength} bytes are more than a frame holds`)
  const frame = Buffer.allocUnsafe(LENGTH_BYTES + body.byteLength)
  frame.writeUInt32BE(body.byteLength, 0)
  body.copy(frame, LENGTH_BYTES)
  return frame
}

/** Messages as they come, one at a time: the socket is not read on while one is being handled. Ends with the socket; throws for what is no frame. */
export async function* readFrames(socket: Socket): AsyncGenerator<unknown> {
  let chunks: Buffer[] = []
  let size = 0
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    size += chunk.byteLength
    for (;;) {
      const length = frameLength(chunks, size)
      if (length < 0 || size < LENGTH_BYTES + length) break
      const all = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size)
      const end = LENGTH_BYTES + length
      yield JSON.parse(all.toString('utf8', LENGTH_BYTES, end), reviveBytes)
      chunks = all.byteLength === end ? [] : [all.subarray(end)]
      size -= end
    }
  }
}

/** -1 while the length itself is not all there. */
function frameLength(chunks: readonly Buffer[], size: number): number {
  if (size < LENGTH_BYTES) return -1
  const first = chunks[0] as Buffer
  const head = first.byteLength >= LENGTH_BYTES ? first : Buffer.concat(chunks, size)
  const length = head.readUInt32BE(0)
  if (length > MAX_FRAME_BYTES) throw new RangeError(`a frame of ${length} bytes is too long`)
  return length
}

/** JSON.stringify calls toJSON of a Buffer before it asks, so the property is looked up in its holder. */
function replaceBytes(this: unknown, key: string, value: unknown): unknown {
  const original = (this as Record<string, unknown>)[key]
  return original instanceof Uint8Array
    ? { $bytes: Buffer.from(original.buffer, original.byteOffset, original.byteLength).toString('base64') }
    : value
}

function reviveBytes(_key: string, value: unknown): unknown {
  const bytes = typeof value === 'object' && value !== null ? (value as { $bytes?: unknown }).$bytes : undefined
  return typeof bytes === 'string' ? new Uint8Array(Buffer.from(bytes, 'base64')) : value
}
