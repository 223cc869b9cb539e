import { MINUTE_MS } from '../../core/calendar.ts'
import { Dictionaries } from '../../events/dictionaries.ts'
import type { EventType } from '../../events/event-type.ts'
import { type ReadingBatch, ROW_ARRIVAL, ROW_INTERVAL, ROW_REVISED_AT, ROW_TIMESTAMP } from '../../events/reading-batch.ts'
import { createReadingDecoder } from '../../events/reading-decoder.ts'
import { schemaCache } from '../../events/schema-cache.ts'
import { SortedStore } from '../../kv/sorted-store.ts'
import type { Log, Topic } from '../../log/port.ts'
import { emptyLedger, type Ledger } from '../../runtime/ledger.ts'

export interface RecomputeOptions {
  readonly log: Log
  readonly event: EventType
  readonly topic: Topic
  readonly partition: number
  /** Records before this offset are counted. */
  readonly until: number
  /** Infinity takes readings of any age. */
  readonly allowedLatenessMs: number
  readonly signal: AbortSignal
}

const IDENTITY_BYTES = 4 + 4 + 8
const OFFSET_BYTES = 8

/**
 * Counts what became of a partition's records, by sorting all readings by identity and looking at each identity's revisions one
 * after the other. It shares only the decoder with the engine, which keeps the latest revisions in segments.
 */
export async function recomputeLedger(options: RecomputeOptions): Promise<Ledger> {
  const ledger = emptyLedger()
  const sorted = new SortedStore()
  try {
    await collect(options, ledger, sorted)
    await classify(sorted, ledger)
    return ledger
  } finally {
    await sorted.close()
  }
}

async function collect(options: RecomputeOptions, ledger: Ledger, sorted: SortedStore): Promise<void> {
  const { log, event, topic, partition, until, signal } = options
  const schemas = schemaCache(log.registry)
  const dictionaries = new Dictionaries()
  const decoder = createReadingDecoder({ event, dictionaries, partition, partitions: topic.partitions, schemas })
  const lateness = latenessCheck(options.allowedLatenessMs)
  const { start } = await log.bounds(topic, partition)
  const reader = log.reader(topic, partition, start)
  try {
    while (reader.position < until && !signal.aborted) {
      const records = await reader.next()
      if (records === null) break
      const unknown = decoder.unknownSchemaIds(records)
      if (unknown.length > 0) await schemas.load(unknown)
      const batch = decoder.decode(records)
      ledger.accepted += records.offsets.filter((offset) => offset < until).length
      ledger.deadLettered += batch.faults.filter(({ offset }) => offset < until).length
      for (let i = 0; i < batch.count && (batch.offsets[i] as number) < until; i++) {
        if (lateness(batch, i)) ledger.tooLate += 1
        else await sorted.put(keyOf(batch, i), rowBytes(batch, i))
      }
    }
  } finally {
    await reader.close()
  }
}

/** Whether a reading is beyond the allowed lateness; to be asked of every reading, in the order of the log. */
function latenessCheck(allowedLatenessMs: number): (batch: ReadingBatch, i: number) => boolean {
  const greatestEnds = new Map<string, number>()
  return (batch, i) => {
    if (allowedLatenessMs === Number.POSITIVE_INFINITY) return false
    const series = `${batch.keys[i]}/${batch.subKeys[i]}`
    const base = i * batch.width
    const end = (batch.rows[base + ROW_TIMESTAMP] as number) + (batch.rows[base + ROW_INTERVAL] as number) * MINUTE_MS
    const greatest = greatestEnds.get(series) ?? Number.NEGATIVE_INFINITY
    if (end < greatest - allowedLatenessMs) return true
    greatestEnds.set(series, Math.max(greatest, end))
    return false
  }
}

/** Identity, then offset: the revisions of a reading stand together, in the order of the log. */
function keyOf(batch: ReadingBatch, i: number): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(IDENTITY_BYTES + OFFSET_BYTES))
  bytes.setUint32(0, batch.keys[i] as number)
  bytes.setUint32(4, batch.subKeys[i] as number)
  bytes.setFloat64(8, batch.rows[i * batch.width + ROW_TIMESTAMP] as number)
  bytes.setBigUint64(IDENTITY_BYTES, BigInt(batch.offsets[i] as number))
  return new Uint8Array(bytes.buffer)
}

/** All that a reading says but `ingested_at` and `data_origin`. Texts are numbers of this scan's dictionaries. */
function rowBytes(batch: ReadingBatch, i: number): Uint8Array {
  const row = batch.rows.slice(i * batch.width, (i + 1) * batch.width)
  row[ROW_ARRIVAL] = 0
  return new Uint8Array(row.buffer)
}

const sameBytes = (a: Uint8Array, b: Uint8Array, from: number, to: number): boolean =>
  Buffer.compare(a.subarray(from, to), b.subarray(from, to)) === 0

function revisionOf(row: Uint8Array): number {
  const revisedAt = new Float64Array(row.slice().buffer)[ROW_REVISED_AT] as number
  return Number.isNaN(revisedAt) ? Number.NEGATIVE_INFINITY : revisedAt
}

async function classify(sorted: SortedStore, ledger: Ledger): Promise<void> {
  let identity: Uint8Array | null = null
  let inForce = new Uint8Array(0)
  for await (const page of sorted.entries()) {
    for (const { key, value } of page) {
      if (identity === null || !sameBytes(identity, key, 0, IDENTITY_BYTES)) {
        identity = key
        inForce = Uint8Array.from(value)
        ledger.current += 1
      } else if (revisionOf(value) < revisionOf(inForce)) {
        ledger.stale += 1
      } else if (sameBytes(value, inForce, 0, value.byteLength)) {
        ledger.duplicate += 1
      } else {
        inForce = Uint8Array.from(value)
        ledger.superseded += 1
      }
    }
  }
}
