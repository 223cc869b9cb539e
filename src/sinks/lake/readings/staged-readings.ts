import { DAY_MS } from '../../../core/calendar.ts'
import type { Dictionaries, Dictionary } from '../../../events/dictionaries.ts'
import type { EventType } from '../../../events/event-type.ts'
import {
  type ReadingBatch,
  ROW_INTERVAL,
  ROW_PAYLOAD,
  ROW_PLACE,
  ROW_REVISED_AT,
  ROW_TIMESTAMP,
} from '../../../events/reading-batch.ts'
import { SUB_KEY_SEPARATOR } from '../../../events/reading-limits.ts'
import type { LakeDatabase } from '../lake-database.ts'
import type { Day } from './day-files.ts'
import { type StagedTables, stagedColumns, stagedTypes } from './reading-columns.ts'

/** A record that is no reading. */
export interface StagedFault {
  readonly partition: number
  readonly offset: number
  /** Null where it is no UTF-8. */
  readonly key: string | null
  /** Milliseconds since the epoch; null where no time can be read. */
  readonly timestamp: number | null
  readonly code: string
  readonly value: Uint8Array | null
}

/** How many rows of a day wait. */
export interface StagedDay {
  readonly day: Day
  readonly readings: number
  readonly faults: number
}

/**
 * The readings of one topic that were read and are in no file yet: numbers in a table of DuckDB, which spills to disk, and the texts that
 * they stand for in tables beside it.
 */
export class StagedReadings {
  /** Where the rows are after `seal`, by day. */
  readonly sealed: StagedTables
  private readonly event: EventType
  private readonly database: LakeDatabase
  private readonly incoming: string
  private readonly incomingFaults: string
  private readonly days = new Set<Day>()
  private dictionaries: Dictionaries
  private known = { keys: 0, subKeys: 0, places: 0, origins: 0, texts: 0 }
  private rowCount = 0
  private lastDay = Number.NaN

  private constructor(event: EventType, database: LakeDatabase, name: string, dictionaries: Dictionaries) {
    this.event = event
    this.database = database
    this.dictionaries = dictionaries
    const table = (kind: string): string => `${name}_${kind}`
    this.incoming = table('incoming')
    this.incomingFaults = table('incoming_faults')
    this.sealed = {
      rows: table('rows'),
      faults: table('faults'),
      keys: table('keys'),
      subKeys: table('sub_keys'),
      places: table('places'),
      origins: table('origins'),
      texts: table('texts'),
    }
  }

  /** `name`: what its tables' names begin with. */
  static async create(
    event: EventType,
    database: LakeDatabase,
    name: string,
    dictionaries: Dictionaries,
  ): Promise<StagedReadings> {
    const staged = new StagedReadings(event, database, name, dictionaries)
    await staged.makeTables()
    return staged
  }

  get rows(): number {
    return this.rowCount
  }

  get dayCount(): number {
    return this.days.size
  }

  /** Of the partition; the batch may be used again afterwards. */
  async add(partition: number, batch: ReadingBatch, faults: readonly StagedFault[]): Promise<void> {
    const { width, rows, offsets, keys, subKeys, ingestedAt, origins, count } = batch
    const types = stagedTypes(this.event, this.database.duckdb)
    const columns = [
      () => partition,
      (i: number) => offsets[i] as number,
      (i: number) => keys[i] as number,
      (i: number) => subKeys[i] as number,
      (i: number) => rows[i * width + ROW_TIMESTAMP] as number,
      (i: number) => rows[i * width + ROW_INTERVAL] as number,
      (i: number) => rows[i * width + ROW_REVISED_AT] as number,
      (i: number) => rows[i * width + ROW_PLACE] as number,
      (i: number) => ingestedAt[i] as number,
      (i: number) => origins[i] as number,
      ...this.event.payload.map((_, c) => (i: number) => rows[i * width + ROW_PAYLOAD + c] as number),
    ]
    if (count > 0) await this.database.append(this.incoming, types, count, columns)
    for (let i = 0; i < count; i++) this.note(Math.floor((rows[i * width + ROW_TIMESTAMP] as number) / DAY_MS))
    if (faults.length > 0) await this.addFaults(faults)
    this.rowCount += count + faults.length
  }

  /** Puts what was added in the order of days, to be read a day at a time. Gives those days, the oldest first. */
  async seal(): Promise<readonly StagedDay[]> {
    const { incoming, incomingFaults, database, sealed } = this
    const day = (ts: string): string => `CAST(floor(${ts} / ${DAY_MS}) AS INTEGER) AS day`
    await database.run(
      `CREATE OR REPLACE TABLE ${sealed.rows} AS SELECT ${day('ts')}, * FROM ${incoming} ORDER BY day, part, off`,
    )
    await database.run(
      `CREATE OR REPLACE TABLE ${sealed.faults} AS SELECT ${day('epoch_ms(ts)')}, * FROM ${incomingFaults} ORDER BY day, part, off`,
    )
    await this.addTexts()
    const found = await database.rows(
      `SELECT day, sum(r), sum(f) FROM (
         SELECT day, count(*) AS r, 0 AS f FROM ${sealed.rows} GROUP BY day
         UNION ALL SELECT day, 0, count(*) FROM ${sealed.faults} GROUP BY day)
       GROUP BY day ORDER BY day NULLS LAST`,
    )
    return found.map(([number, readings, faults]) => ({
      day: number === null ? null : Number(number),
      readings: Number(readings),
      faults: Number(faults),
    }))
  }

  /** Forgets all rows. The texts stay: with the same dictionaries they will be needed again. */
  async clear(): Promise<void> {
    const { sealed, incoming, incomingFaults } = this
    for (const table of [incoming, incomingFaults, sealed.rows, sealed.faults]) {
      await this.database.run(`DROP TABLE IF EXISTS ${table}`)
    }
    await this.makeIncoming()
    this.days.clear()
    this.lastDay = Number.NaN
    this.rowCount = 0
  }

  /** From now on the numbers of rows are of these; none may be waiting. */
  async useDictionaries(dictionaries: Dictionaries): Promise<void> {
    this.dictionaries = dictionaries
    this.known = { keys: 0, subKeys: 0, places: 0, origins: 0, texts: 0 }
    await this.makeTables()
  }

  async drop(): Promise<void> {
    const { sealed, incoming, incomingFaults, database } = this
    for (const table of [...Object.values(sealed), incoming, incomingFaults]) {
      await database.run(`DROP TABLE IF EXISTS ${table}`)
    }
  }

  private note(day: number): void {
    if (day === this.lastDay) return
    this.lastDay = day
    this.days.add(day)
  }

  private async addFaults(faults: readonly StagedFault[]): Promise<void> {
    const { duckdb } = this.database
    const { INTEGER, BIGINT, VARCHAR, BLOB, TIMESTAMPTZ } = duckdb
    const at = (i: number): StagedFault => faults[i] as StagedFault
    await this.database.append(this.incomingFaults, [INTEGER, BIGINT, VARCHAR, TIMESTAMPTZ, VARCHAR, BLOB], faults.length, [
      (i) => at(i).partition,
      (i) => BigInt(at(i).offset),
      (i) => at(i).key,
      (i) => {
        const { timestamp } = at(i)
        return timestamp === null ? null : new duckdb.DuckDBTimestampTZValue(BigInt(timestamp) * 1000n)
      },
      (i) => at(i).code,
      (i) => {
        const { value } = at(i)
        return value === null ? null : new duckdb.DuckDBBlobValue(value)
      },
    ])
    for (const { timestamp } of faults) this.days.add(timestamp === null ? null : Math.floor(timestamp / DAY_MS))
  }

  private async makeTables(): Promise<void> {
    const { sealed, event } = this
    const subKeys = event.subKeyFields.map((_, i) => `, f${i} VARCHAR`).join('')
    const places = 'id DOUBLE, city VARCHAR, country VARCHAR, latitude DOUBLE, longitude DOUBLE, time_zone VARCHAR'
    for (const [table, columns] of [
      [sealed.keys, 'id DOUBLE, text VARCHAR'],
      [sealed.subKeys, `id DOUBLE${subKeys}`],
      [sealed.places, places],
      [sealed.origins, 'id DOUBLE, text VARCHAR'],
      [sealed.texts, 'id DOUBLE, text VARCHAR'],
    ]) {
      await this.database.run(`CREATE OR REPLACE TABLE ${table} (${columns})`)
    }
    await this.makeIncoming()
  }

  private async makeIncoming(): Promise<void> {
    const { database, event, incoming, incomingFaults } = this
    const columns = stagedColumns(event).map((name) => `${name} DOUBLE`)
    await database.run(`CREATE OR REPLACE TABLE ${incoming} (${columns.join(', ')})`)
    const faults = 'part INTEGER, off BIGINT, key VARCHAR, ts TIMESTAMPTZ, problem VARCHAR, raw BLOB'
    await database.run(`CREATE OR REPLACE TABLE ${incomingFaults} (${faults})`)
  }

  /** Those that are new since the last time. */
  private async addTexts(): Promise<void> {
    const { dictionaries, known, event, database } = this
    const { keys, subKeys, places, origins, texts } = dictionaries
    const { sealed } = this
    const { DOUBLE, VARCHAR } = database.duckdb
    const add = (table: string, from: number, to: number, columns: ReadonlyArray<(id: number) => string | number | null>) =>
      database.append(
        table,
        [DOUBLE, ...columns.map((_, c) => (table === sealed.places && (c === 2 || c === 3) ? DOUBLE : VARCHAR))],
        to - from,
        [(i) => from + i, ...columns.map((column) => (i: number) => column(from + i))],
      )
    const addDictionary = (table: string, from: number, dictionary: Dictionary) =>
      add(table, from, dictionary.size, [(id) => dictionary.textOf(id)])
    await addDictionary(sealed.keys, known.keys, keys)
    await addDictionary(sealed.texts, known.texts, texts)
    if (origins !== null) await addDictionary(sealed.origins, known.origins, origins)
    const fields = event.subKeyFields.length
    await add(
      sealed.subKeys,
      known.subKeys,
      subKeys.size,
      event.subKeyFields.map((_, f) => (id: number) => subKeyField(subKeys.textOf(id), f, fields)),
    )
    await add(sealed.places, known.places, places.size, [
      (id) => places.placeOf(id).city,
      (id) => places.placeOf(id).country,
      (id) => places.placeOf(id).latitude,
      (id) => places.placeOf(id).longitude,
      (id) => places.placeOf(id).timeZone,
    ])
    this.known = {
      keys: keys.size,
      subKeys: subKeys.size,
      places: places.size,
      origins: origins?.size ?? 0,
      texts: texts.size,
    }
  }
}

/** Of several fields only the last may be null, and none holds the separator; a single one may. */
function subKeyField(text: string, field: number, fields: number): string | null {
  if (text === '') return null
  return fields === 1 ? text : (text.split(SUB_KEY_SEPARATOR)[field] ?? null)
}
