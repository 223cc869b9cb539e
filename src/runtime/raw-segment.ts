import type { Dictionaries } from '../events/dictionaries.ts'
import type { PayloadKind } from '../events/event-type.ts'
import { ROW_PAYLOAD, ROW_PLACE } from '../events/reading-batch.ts'

export function encodeSegment(
  rows: Float64Array,
  count: number,
  width: number,
  kinds: readonly PayloadKind[],
  d: Dictionaries,
): Uint8Array {
  const places: Record<number, unknown> = {}
  const texts: Record<number, string> = {}
  for (let i = 0; i < count; i++) {
    const p = rows[i * width + ROW_PLACE] as number
    places[p] = d.places.placeOf(p)
    kinds.forEach((kind, k) => {
      const v = rows[i * width + ROW_PAYLOAD + k] as number
      if (kind === 'text' && !Number.isNaN(v)) texts[v] = d.texts.textOf(v)
    })
  }
  const head = Buffer.from(JSON.stringify({ places, texts, count }))
  const size = Buffer.alloc(4)
  size.writeUInt32LE(head.byteLength)
  return Buffer.concat([size, head, Buffer.from(rows.buffer, rows.byteOffset, count * width * 8)])
}

export function decodeSegment(
  bytes: Uint8Array,
  width: number,
  kinds: readonly PayloadKind[],
  d: Dictionaries,
): { rows: Float64Array; count: number } {
  const copy = Buffer.from(bytes)
  const size = copy.readUInt32LE(0)
  const head = JSON.parse(copy.subarray(4, 4 + size).toString()) as {
    places: Record<number, never>
    texts: Record<number, string>
    count: number
  }
  const body = copy.subarray(4 + size)
  const rows = new Float64Array(head.count * width)
  for (let i = 0; i < rows.length; i++) rows[i] = body.readDoubleLE(i * 8)
  for (let i = 0; i < head.count; i++) {
    const at = i * width + ROW_PLACE
    rows[at] = d.places.idOf(head.places[rows[at] as number] as never)
    kinds.forEach((kind, k) => {
      const v = rows[i * width + ROW_PAYLOAD + k] as number
      if (kind === 'text' && !Number.isNaN(v)) rows[i * width + ROW_PAYLOAD + k] = d.texts.idOf(head.texts[v] as string)
    })
  }
  return { rows, count: head.count }
}
