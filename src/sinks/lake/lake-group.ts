import { createHash } from 'node:crypto'
import type { LakeStorage } from './storage/storage.ts'

/** One group a lake: those who write the same place by the same address share its lease. By another address only the files keep them apart. */
export function lakeGroup(storage: LakeStorage): string {
  return `lake-${createHash('sha256').update(storage.describe()).digest('hex').slice(0, 16)}`
}
