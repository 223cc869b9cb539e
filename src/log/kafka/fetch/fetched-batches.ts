import type { RecordBatch } from '../../../core/record-block.ts'
import { batchColumns, sealColumns } from './batch-columns.ts'
import { committedBatches } from './committed-batches.ts'
import { decompress } from './decompress.ts'
import type { PartitionAnswer } from './fetch-answer.ts'
import { HeaderTexts } from './header-texts.ts'
import { readRecords } from './read-records.ts'
import { type BatchHeader, readBatchHeaders } from './record-batch-header.ts'
import { VarintReader } from './varint-reader.ts'

/** Records of one Kafka batch, uncompressed: in the answer's own memory, or decompressed. */
interface Section {
  readonly batch: BatchHeader
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
}

const ABORT = 0

/** The record batches of an answer, handed out as blocks of about the size that is asked for; decompressed only then. */
export class FetchedBatches {
  /** Where the next Fetch begins: behind the last whole batch; `from` when there is none. */
  readonly nextOffset: number
  private readonly answer: PartitionAnswer
  private readonly from: number
  private readonly batches: readonly BatchHeader[]
  private taken = 0
  /** Decompressed, and did not fit into the block before. */
  private waiting: Section | null = null

  /** Records before `from` are left out: a batch comes whole even if reading begins within it. */
  constructor(answer: PartitionAnswer, from: number) {
    const { bytes, view, recordsStart, recordsEnd, aborted } = answer
    const whole = readBatchHeaders(bytes, view, recordsStart, recordsEnd)
    this.answer = answer
    this.from = from
    this.nextOffset = Math.max(from, (whole.at(-1)?.lastOffset ?? -1) + 1)
    this.batches = committedBatches(whole, aborted, (batch) => isAbortMarker(bytes, batch))
  }

  /** About `maxBytes` of records, at least one of Kafka's batches; null when all is handed out. */
  take(maxBytes: number): RecordBatch | null {
    while (this.taken < this.batches.length) {
      const sections: Section[] = []
      let size = 0
      while (this.taken < this.batches.length) {
        const section = this.waiting ?? this.open(this.batches[this.taken] as BatchHeader)
        this.waiting = section
        size += section.end - section.start
        if (size > maxBytes && sections.length > 0) break
        sections.push(section)
        this.waiting = null
        this.taken++
      }
      const block = this.join(sections)
      if (block.count > 0) return block
    }
    return null
  }

  private open(batch: BatchHeader): Section {
    const { bytes } = this.answer
    if (batch.codec === 0) return { batch, bytes, start: batch.start, end: batch.end }
    const unfolded = decompress(batch.codec, bytes.subarray(batch.start, batch.end), batch.baseOffset)
    return { batch, bytes: unfolded, start: 0, end: unfolded.byteLength }
  }

  private join(sections: readonly Section[]): RecordBatch {
    const { bytes, starts } = oneMemory(sections)
    const columns = batchColumns(sections.reduce((sum, { batch }) => sum + batch.count, 0))
    const headers = new HeaderTexts(bytes.byteLength)
    let count = 0
    sections.forEach(({ batch, start, end }, i) => {
      const at = starts[i] as number
      count = readRecords(batch, bytes, at, at + end - start, this.from, columns, headers, count)
    })
    const last = sections.at(-1) as Section
    const nextOffset = this.taken === this.batches.length ? this.nextOffset : last.batch.lastOffset + 1
    return sealColumns(columns, count, headers.append(bytes), nextOffset)
  }
}

/** One piece of memory that holds all sections, copied only where they are not in one already, and where each begins. */
function oneMemory(sections: readonly Section[]): { bytes: Uint8Array; starts: readonly number[] } {
  const first = sections[0] as Section
  if (sections.every(({ bytes }) => bytes === first.bytes)) {
    const last = sections.at(-1) as Section
    return { bytes: first.bytes.subarray(first.start, last.end), starts: sections.map(({ start }) => start - first.start) }
  }
  const bytes = new Uint8Array(sections.reduce((sum, { start, end }) => sum + end - start, 0))
  let at = 0
  const starts = sections.map((section) => {
    bytes.set(section.bytes.subarray(section.start, section.end), at)
    at += section.end - section.start
    return at - (section.end - section.start)
  })
  return { bytes, starts }
}

/** The key of a control record is its version and its type, two 16-bit numbers. */
function isAbortMarker(bytes: Uint8Array, batch: BatchHeader): boolean {
  const reader = new VarintReader(bytes, batch.start, batch.end)
  reader.next()
  reader.at++
  reader.next()
  reader.next()
  const key = reader.take(reader.next())
  return key.byteLength >= 4 && (((key[2] as number) << 8) | (key[3] as number)) === ABORT
}
