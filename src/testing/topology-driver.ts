import { type RecordBatch, RecordBlockBuilder } from '../core/record-block.ts'
import { Dictionaries } from '../events/dictionaries.ts'
import type { Reading } from '../events/reading.ts'
import type { Fault } from '../events/reading-batch.ts'
import { createReadingDecoder } from '../events/reading-decoder.ts'
import { readingEncoder } from '../events/reading-encoder.ts'
import { readingKey } from '../events/reading-key.ts'
import { emission } from '../runtime/emission.ts'
import { emptyLedger, type Ledger } from '../runtime/ledger.ts'
import { MemoryBudget } from '../runtime/memory-budget.ts'
import { ReadingStore } from '../runtime/reading-store.ts'
import type { Topology } from '../streams/topology.ts'
import type { Cell, RowChange } from '../views/view.ts'

/** A row with the camelCase names of its view. */
export type NamedRow = Readonly<Record<string, Cell>>

/** A changed row: `row` is null where it is gone. */
export interface DrivenRow {
  readonly key: string
  readonly row: NamedRow | null
  readonly isNew: boolean
}

export interface TopologyDriver<R extends Reading> {
  /** Takes readings, in this order, as one batch, and gives the rows that changed, as one commit would write them. */
  pipe(...readings: readonly R[]): readonly DrivenRow[]
  /** As `pipe`, but nothing is emitted: the readings belong to the commit of the next `pipe`. */
  take(...readings: readonly R[]): void
  /** All rows as they stand, by key. */
  rows(): ReadonlyMap<string, NamedRow>
  /** What was no usable reading, with its code. */
  faults(): readonly Fault[]
  ledger(): Readonly<Ledger>
}

const SCHEMA_ID = 1

/**
 * Runs one topology without a log, a disk or a broker, through the same encoding, decoding, store and operators as in production, so that
 * what a test sees is what will happen. Readings go through one partition.
 */
export function topologyDriver<R extends Reading>(
  topology: Topology,
  options: { readonly allowedLatenessMinutes?: number } = {},
): TopologyDriver<R> {
  const { event, view } = topology
  const dictionaries = new Dictionaries()
  const decoder = createReadingDecoder({
    event,
    dictionaries,
    partition: 0,
    partitions: 1,
    schemas: { lookup: (id) => (id === SCHEMA_ID ? event.schema : null) },
  })
  const minutes = options.allowedLatenessMinutes
  const store = new ReadingStore({
    event,
    dictionaries,
    width: decoder.width,
    disk: null,
    budget: new MemoryBudget(Number.POSITIVE_INFINITY),
    allowedLatenessMs: minutes === undefined ? Number.POSITIVE_INFINITY : minutes * 60_000,
  })
  const encoder = readingEncoder(event, SCHEMA_ID)
  const rows = new Map<string, NamedRow>()
  const faults: Fault[] = []
  const ledger = emptyLedger()
  let changed: DrivenRow[] = []
  let offset = 0
  const run = topology.start((changes) => {
    for (const change of changes) changed.push(named(change))
  })

  const named = ({ key, cells, isNew }: RowChange): DrivenRow => {
    const row = cells === null ? null : Object.fromEntries(view.columns.map(({ name }, i) => [name, cells[i] as Cell]))
    if (row === null) rows.delete(key)
    else rows.set(key, row)
    return { key, row, isNew }
  }

  const take = (readings: readonly R[]): void => {
    const builder = new RecordBlockBuilder()
    for (const reading of readings) builder.add(readingKey(event, reading), encoder.encode(reading as never))
    const block = builder.build()
    const batch: RecordBatch = {
      ...block,
      offsets: Float64Array.from({ length: block.count }, (_, i) => offset + i),
      appendedAt: new Float64Array(block.count),
      nextOffset: offset + block.count,
    }
    offset += block.count
    const decoded = decoder.decode(batch)
    faults.push(...decoded.faults)
    ledger.accepted += batch.count
    ledger.deadLettered += decoded.faults.length
    run.next(store.apply(decoded, ledger, [], false))
  }

  return {
    pipe(...readings) {
      take(readings)
      changed = []
      run.next(emission(store, event))
      store.settle()
      return changed
    },
    take: (...readings) => take(readings),
    rows: () => rows,
    faults: () => faults,
    ledger: () => ledger,
  }
}
