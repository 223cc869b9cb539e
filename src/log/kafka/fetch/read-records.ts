import type { BatchColumns } from './batch-columns.ts'
import { corrupt } from './fetch-errors.ts'
import type { HeaderTexts } from './header-texts.ts'
import type { BatchHeader } from './record-batch-header.ts'
import { VarintReader } from './varint-reader.ts'

/**
 * Notes where the records of a batch are, from index `at` of the columns on; those before `firstOffset` are left out. `bytes[from, to)`
 * holds them uncompressed. Returns the index behind the last one.
 *
 * A record: length, attributes (a byte), time - first time, offset - base offset, key length, key, value length, value, header count,
 * headers; all numbers are variable-length, a length of -1 means null.
 */
export function readRecords(
  batch: BatchHeader,
  bytes: Uint8Array,
  from: number,
  to: number,
  firstOffset: number,
  columns: BatchColumns,
  headers: HeaderTexts,
  at: number,
): number {
  const { keyStart, keyEnd, valueStart, valueEnd, headerStart, headerEnd, offsets, appendedAt } = columns
  const { baseOffset, lastOffset, firstTime, maxTime, isLogAppendTime, count } = batch
  const reader = new VarintReader(bytes, from, to)
  let i = at
  let before = baseOffset - 1
  for (let n = 0; n < count; n++) {
    const length = reader.next()
    const end = reader.at + length
    if (length < 0 || end > to) throw corrupt('a record is longer than its batch', baseOffset)
    reader.at++
    const time = firstTime + reader.next()
    const offset = baseOffset + reader.next()
    const keyLength = reader.next()
    const key = reader.at
    const keyStop = keyLength > 0 ? key + keyLength : key
    reader.at = keyStop
    const valueLength = reader.next()
    const value = reader.at
    const valueStop = valueLength > 0 ? value + valueLength : value
    reader.at = valueStop
    const headerCount = reader.next()
    if (reader.failed || reader.at > end || headerCount < 0) throw corrupt('a record is longer than it says', baseOffset)
    if (offset <= before || offset > lastOffset) throw corrupt('its offsets are not in order', baseOffset)
    before = offset
    if (offset >= firstOffset) {
      offsets[i] = offset
      appendedAt[i] = isLogAppendTime ? maxTime : time
      keyStart[i] = key
      keyEnd[i] = keyStop
      const isTombstone = valueLength < 0
      valueStart[i] = isTombstone ? -1 : value
      valueEnd[i] = isTombstone ? -1 : valueStop
      if (headerCount === 0) {
        headerStart[i] = -1
        headerEnd[i] = -1
      } else {
        headers.find(bytes, headerCount, reader.at, end, baseOffset)
        headerStart[i] = headers.start
        headerEnd[i] = headers.end
      }
      i++
    }
    if (headerCount === 0 && reader.at !== end) throw corrupt('a record is shorter than it says', baseOffset)
    reader.at = end
  }
  if (reader.at !== to) throw corrupt('something is behind its last record', baseOffset)
  return i
}
