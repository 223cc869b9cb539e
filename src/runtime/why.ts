import { WindrowError } from '../core/errors.ts'
import { partitionOf } from '../core/murmur2.ts'
import { camelCase } from '../core/naming.ts'
import { pickKey } from '../core/pick-key.ts'
import { type RecordBatch, valueBytes } from '../core/record-block.ts'
import { indexOfOffset, sliceBatch } from '../core/slice-batch.ts'
import { avroType, type SchemaJson } from '../events/avro-schema.ts'
import { Dictionaries } from '../events/dictionaries.ts'
import {
  type ReadingBatch,
  ROW_INTERVAL,
  ROW_PAYLOAD,
  ROW_PLACE,
  ROW_REVISED_AT,
  ROW_TIMESTAMP,
  sliceReadings,
} from '../events/reading-batch.ts'
import { createReadingDecoder } from '../events/reading-decoder.ts'
import { schemaCache } from '../events/schema-cache.ts'
import { schemaIdOf, WIRE_HEADER_BYTES } from '../events/wire-format.ts'
import type { Log, Topic } from '../log/port.ts'
import type { Topology } from '../streams/topology.ts'
import { isSessions } from '../streams/windows/windower.ts'
import { isKeyedBySubKey, joinedSubKeys, windowsOfPlan } from '../streams/windows/windows-of-plan.ts'
import { formatInstant } from '../views/instant.ts'
import { canonicalKey } from '../views/row-key.ts'
import type { Cell } from '../views/view.ts'
import { emission } from './emission.ts'
import { emptyLedger, type Ledger } from './ledger.ts'
import { MemoryBudget } from './memory-budget.ts'
import { ReadingStore } from './reading-store.ts'

/** What a reading became. */
export type ReadingFate = Exclude<keyof Ledger, 'accepted' | 'deadLettered'>

/** A reading that belongs, or once belonged, to a row. */
export interface ExplainedReading {
  readonly timestamp: number
  readonly intervalMinutes: number
  readonly subKey: string
  readonly fate: ReadingFate
  readonly revisedAt: number | null
  readonly ingestedAt: number
  readonly dataOrigin: string
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly values: ReadonlyArray<{ readonly field: string; readonly value: Cell; readonly unit: string | null }>
}

export interface Explanation {
  /** The row's cells as the log gives them now, null where there is none. */
  readonly row: readonly Cell[] | null
  readonly window: { readonly startAt: number; readonly endAt: number; readonly timeZone: string } | null
  readonly complete: boolean
  /** In words, what has to happen for the window to close; null when it is closed or there is none. */
  readonly waitingFor: string | null
  readonly watermarkAt: number | null
  /** In order of time, then offset. */
  readonly readings: readonly ExplainedReading[]
}

export interface ExplainOptions {
  readonly log: Log
  readonly topology: Topology
  readonly topic: Topic
  /** The key's cells, in the order of the view. */
  readonly key: readonly Cell[]
  readonly allowedLatenessMs?: number
}

/**
 * Computes a row again from the log alone and tells which readings made it, and what became of the others that lay in its window. Reads the
 * whole partition of the station's topic and changes nothing.
 */
export async function explainRow(options: ExplainOptions): Promise<Explanation> {
  const [explanation] = await explainRows(options.log, options.topic, [options])
  return explanation as Explanation
}

/** The same for several rows of one topic's readings, in one read of each partition. `upTo` ends it there, by partition. */
export async function explainRows(
  log: Log,
  topic: Topic,
  rows: ReadonlyArray<Omit<ExplainOptions, 'log' | 'topic'>>,
  upTo?: readonly number[],
): Promise<Explanation[]> {
  const explainers = rows.map((row) => new Explainer({ ...row, log, topic }, stationOf(row.topology, row.key)))
  for (const partition of new Set(explainers.map((explainer) => explainer.partition))) {
    const own = explainers.filter((explainer) => explainer.partition === partition)
    const end = upTo?.[partition] ?? Number.POSITIVE_INFINITY
    const { start } = await log.bounds(topic, partition)
    const reader = log.reader(topic, partition, start)
    try {
      while (reader.position < end) {
        const batch = await reader.next()
        if (batch === null) break
        for (const explainer of own) await explainer.take(sliceBatch(batch, 0, indexOfOffset(batch, end)))
      }
    } finally {
      await reader.close()
    }
  }
  return explainers.map((explainer) => explainer.finish())
}

function stationOf({ view, event }: Topology, key: readonly Cell[]): string {
  const names = [camelCase(event.keyField), 'stationId']
  const index = view.key.findIndex(({ name }) => names.includes(name))
  const station = key[index]
  if (typeof station === 'string') return station
  throw new WindrowError('WR_WHY_KEY', {
    message: `The key of the view ${view.name} needs ${view.key.map(({ column }) => column).join(', ')}.`,
    remedy: 'Give all parts of the key, in this order.',
    kind: 'usage',
  })
}

/** The sub-keys whose readings make a row, null for all. */
function usedSubKeys({ plan, view }: Topology, key: readonly Cell[]): readonly string[] | null {
  if (!isKeyedBySubKey(plan)) return joinedSubKeys(plan)
  const index = view.key.findIndex(({ name }) => name === 'series' || name === 'subKey')
  return index < 0 ? null : [String(key[index])]
}

/** A reading with the window of the row as its zone has it; null for a row without one. */
interface Member {
  readonly reading: ExplainedReading & { fate: ReadingFate }
  readonly window: Explanation['window']
}

/** What became of the one reading that was counted: one that takes the place of another is in force itself. */
function fateOf({ tooLate, stale, duplicate }: Ledger): ReadingFate {
  if (tooLate > 0) return 'tooLate'
  if (stale > 0) return 'stale'
  return duplicate > 0 ? 'duplicate' : 'current'
}

class Explainer {
  readonly partition: number
  private readonly options: ExplainOptions
  private readonly station: string
  private readonly keyBytes: Uint8Array
  private readonly dictionaries = new Dictionaries()
  private readonly schemas: ReturnType<typeof schemaCache>
  private readonly decoder: ReturnType<typeof createReadingDecoder>
  private readonly store: ReadingStore
  private readonly run: ReturnType<Topology['start']>
  private readonly rows = new Map<string, readonly Cell[]>()
  private readonly members = new Map<string, Member[]>()

  constructor(options: ExplainOptions, station: string) {
    const { log, topology, topic } = options
    this.options = options
    this.station = station
    this.keyBytes = new TextEncoder().encode(station)
    this.partition = partitionOf(this.keyBytes, topic.partitions)
    this.schemas = schemaCache(log.registry)
    const { dictionaries, schemas, partition } = this
    this.decoder = createReadingDecoder({ event: topology.event, dictionaries, partition, partitions: topic.partitions, schemas })
    this.store = new ReadingStore({
      event: topology.event,
      dictionaries,
      width: this.decoder.width,
      disk: null,
      budget: new MemoryBudget(Number.POSITIVE_INFINITY),
      allowedLatenessMs: options.allowedLatenessMs ?? Number.POSITIVE_INFINITY,
    })
    this.run = topology.start((changes) => {
      for (const { key, cells } of changes) {
        if (cells === null) this.rows.delete(key)
        else this.rows.set(key, cells)
      }
    })
  }

  async take(records: RecordBatch): Promise<void> {
    const batch = pickKey(records, this.keyBytes)
    if (batch.count === 0) return
    const unknown = this.decoder.unknownSchemaIds(batch)
    if (unknown.length > 0) await this.schemas.load(unknown)
    const own = this.decoder.decode(batch)
    for (let i = 0; i < own.count; i++) {
      // One at a time, so that what is counted is the fate of this one.
      const ledger = emptyLedger()
      this.run.next(this.store.apply(sliceReadings(own, i, i + 1), ledger, [], false))
      this.note(own, i, fateOf(ledger), batch)
    }
  }

  finish(): Explanation {
    const { topology, key } = this.options
    this.run.next(emission(this.store, topology.event))
    const { view } = topology
    const row = this.rows.get(canonicalKey(view, key)) ?? null
    const completeAt = view.columns.findIndex(({ name }) => name === 'complete')
    const complete = row !== null && (completeAt < 0 || row[completeAt] === true)
    const watermark = this.watermark()
    const members = [...this.members.values()].flat()
    members.sort(({ reading: a }, { reading: b }) => a.timestamp - b.timestamp || a.offset - b.offset)
    const readings = members.map(({ reading }) => reading)
    // Where zones differ, the window is that of the newest reading in force.
    const window = (members.findLast(({ reading }) => reading.fate === 'current') ?? members.at(-1))?.window ?? null
    const waitingFor = complete || row === null || window === null ? null : this.waitingFor(window.endAt)
    return {
      row,
      window,
      complete,
      waitingFor,
      watermarkAt: Number.isFinite(watermark) ? watermark : null,
      readings,
    }
  }

  /** Keeps a reading that lies in the row's window. Of one that takes the place of another it may be the other alone. */
  private note(batch: ReadingBatch, i: number, fate: ReadingFate, records: RecordBatch): void {
    const row = batch.rows.subarray(i * batch.width, (i + 1) * batch.width)
    const subKey = this.dictionaries.subKeys.textOf(batch.subKeys[i] as number)
    const identity = `${row[ROW_TIMESTAMP]} ${subKey}`
    const before = this.members.get(identity) ?? []
    if (fate === 'current') for (const { reading } of before) if (reading.fate === 'current') reading.fate = 'superseded'
    const window = this.windowOf(row, subKey)
    if (window === undefined) return
    before.push({ reading: this.explained(row, subKey, fate, batch, i, records), window })
    this.members.set(identity, before)
  }

  private explained(row: Float64Array, subKey: string, fate: ReadingFate, batch: ReadingBatch, i: number, records: RecordBatch) {
    const revised = row[ROW_REVISED_AT] as number
    const offset = batch.offsets[i] as number
    return {
      timestamp: row[ROW_TIMESTAMP] as number,
      intervalMinutes: row[ROW_INTERVAL] as number,
      subKey,
      fate,
      revisedAt: Number.isNaN(revised) ? null : revised,
      ingestedAt: batch.ingestedAt[i] as number,
      dataOrigin: this.dataOrigin(records, offset),
      topic: this.options.topic.name,
      partition: this.partition,
      offset,
      values: this.options.topology.event.payload.map(({ field, unit, kind }, c) => {
        const value = row[ROW_PAYLOAD + c] as number
        if (Number.isNaN(value)) return { field, unit, value: null }
        if (kind === 'text') return { field, unit, value: this.dictionaries.texts.textOf(value) }
        return { field, unit, value: kind === 'flag' ? value === 1 : value }
      }),
    }
  }

  /** The one field of a reading that is no part of the columns. */
  private dataOrigin(records: RecordBatch, offset: number): string {
    const bytes = valueBytes(records, indexOfOffset(records, offset)) as Uint8Array
    const schema = this.schemas.lookup(schemaIdOf(bytes)) as string
    const body = Buffer.from(bytes.buffer, bytes.byteOffset + WIRE_HEADER_BYTES, bytes.byteLength - WIRE_HEADER_BYTES)
    return (avroType(JSON.parse(schema) as SchemaJson).fromBuffer(body) as { data_origin: string }).data_origin
  }

  /** The row's window, as the zone of this reading has it, if the reading lies in it; null for a row without one, undefined if not. */
  private windowOf(row: Float64Array, subKey: string): Explanation['window'] | undefined {
    const { topology, key } = this.options
    const used = usedSubKeys(topology, key)
    if (used !== null && !used.includes(subKey)) return undefined
    const timestamp = row[ROW_TIMESTAMP] as number
    const windows = windowsOfPlan(topology.plan)
    if (windows === null) {
      const time = topology.view.key.findIndex(({ name }) => name === 'timestamp')
      return time < 0 || key[time] === timestamp ? null : undefined
    }
    const label = key[topology.view.key.findIndex(({ name }) => name === windows.labelName)]
    if (isSessions(windows)) {
      const start = label as number
      return timestamp >= start && timestamp < (Math.floor(start / windows.boundMs) + 1) * windows.boundMs ? null : undefined
    }
    const zone = this.store.zoneOfPlace(row[ROW_PLACE] as number)
    let found: Explanation['window'] | undefined
    windows.forEachWindow(timestamp, zone, (window) => {
      if (windows.label(window) === label) found = { startAt: window.start, endAt: window.end, timeZone: zone.name }
    })
    return found
  }

  private watermark(): number {
    return Math.min(...this.watermarks().map(({ watermark }) => watermark))
  }

  private watermarks(): Array<{ subKey: string; watermark: number }> {
    const { keys, subKeys } = this.dictionaries
    const key = keys.idOf(this.station)
    const used = usedSubKeys(this.options.topology, this.options.key) ?? this.store.subKeysOf(key).map((id) => subKeys.textOf(id))
    return used.map((subKey) => {
      const id = subKeys.find(subKey)
      return { subKey, watermark: id < 0 ? Number.NEGATIVE_INFINITY : this.store.watermark(key, id) }
    })
  }

  private waitingFor(end: number): string {
    const behind = this.watermarks().filter(({ watermark }) => watermark < end)
    const until = formatInstant(end)
    const parts = behind.map(({ subKey, watermark }) => {
      const series = subKey === '' ? this.station : `${this.station} ${subKey}`
      return watermark === Number.NEGATIVE_INFINITY
        ? `${series} (no reading yet)`
        : `${series} (its readings go to ${formatInstant(watermark)})`
    })
    return `a reading that ends at or after ${until} from ${parts.join(' and ')}`
  }
}
