import type { RecordBatch } from './record-block.ts'

/** The records of one key, over the same memory. */
export function pickKey(batch: RecordBatch, key: Uint8Array): RecordBatch {
  const kept: number[] = []
  for (let i = 0; i < batch.count; i++) if (hasKey(batch, i, key)) kept.push(i)
  if (kept.length === batch.count) return batch
  const pick = (positions: Int32Array): Int32Array => Int32Array.from(kept, (i) => positions[i] as number)
  return {
    ...batch,
    count: kept.length,
    keyStart: pick(batch.keyStart),
    keyEnd: pick(batch.keyEnd),
    valueStart: pick(batch.valueStart),
    valueEnd: pick(batch.valueEnd),
    headerStart: pick(batch.headerStart),
    headerEnd: pick(batch.headerEnd),
    offsets: Float64Array.from(kept, (i) => batch.offsets[i] as number),
    appendedAt: Float64Array.from(kept, (i) => batch.appendedAt[i] as number),
  }
}

function hasKey({ bytes, keyStart, keyEnd }: RecordBatch, i: number, key: Uint8Array): boolean {
  const start = keyStart[i] as number
  if ((keyEnd[i] as number) - start !== key.byteLength) return false
  for (let b = 0; b < key.byteLength; b++) if (bytes[start + b] !== key[b]) return false
  return true
}
