import { extended, sameBytes } from './byte-table.ts'
import type { PlaceDictionary } from './dictionaries.ts'
import type { EventPlan, PlannedField } from './planned-field.ts'
import type { Place } from './reading.ts'
import { isTimeZone, MAX_TEXT_BYTES } from './reading-limits.ts'
import { BAD_COORDINATES, BAD_TEXT, BAD_ZONE, FINE, MALFORMED, NOT_FINITE } from './record-problem.ts'
import { utf8Text } from './utf8-text.ts'
import { readLong } from './varint.ts'

/**
 * Reads locations into place numbers. A station hardly ever moves, so the bytes of its last location are kept and compared: the
 * same bytes are the same place, without a string or a search. Only sound locations are kept.
 */
export class PlaceCache {
  /** After `read`: the place's number, what is wrong with it, and the field at fault. */
  place = -1
  problem = FINE
  path = ''

  private readonly fields: readonly PlannedField[]
  private readonly places: PlaceDictionary
  private readonly scratch = new Float64Array(1)
  private starts = new Int32Array(64)
  private lengths = new Int32Array(64)
  private capacities = new Int32Array(64)
  private placeIds = new Int32Array(64)
  private arena = new Uint8Array(4096)
  private arenaView = new DataView(this.arena.buffer)
  private used = 0
  private end = -1

  constructor(plan: EventPlan, places: PlaceDictionary) {
    this.fields = plan.location
    this.places = places
  }

  /** Reads the location at `start` of a record of the key (negative: of no known key) that ends at `end`. Gives its end, or -1. */
  read(bytes: Uint8Array, view: DataView, start: number, end: number, key: number): number {
    if (key >= 0 && key < this.lengths.length) {
      const length = this.lengths[key] as number
      if (length > 0 && start + length <= end && sameBytes(this.arenaView, this.starts[key] as number, view, start, length)) {
        this.place = this.placeIds[key] as number
        this.problem = FINE
        return start + length
      }
    }
    return this.learn(bytes, view, start, end, key)
  }

  private learn(bytes: Uint8Array, view: DataView, start: number, end: number, key: number): number {
    const place = this.parse(bytes, view, start, end)
    if (this.problem === FINE) {
      this.place = this.places.idOf(place)
      if (key >= 0) this.remember(bytes, start, key)
    }
    return this.end
  }

  private parse(bytes: Uint8Array, view: DataView, start: number, end: number): Place {
    const values: Record<string, string | number | null> = {}
    let at = start
    this.problem = FINE
    this.end = -1
    for (const field of this.fields) {
      values[field.name] = null
      if (field.nullBranch >= 0) {
        if (at >= end) return this.malformed(field)
        const branch = bytes[at++] as number
        if (branch !== 0 && branch !== 2) return this.malformed(field)
        if (branch >> 1 === field.nullBranch) continue
      }
      if (field.wire === 'double') {
        if (at + 8 > end) return this.malformed(field)
        values[field.name] = this.degrees(view.getFloat64(at, true), field)
        at += 8
      } else {
        at = readLong(bytes, view, at, end, this.scratch, 0)
        const length = this.scratch[0] as number
        if (at < 0 || length < 0 || at + length > end) return this.malformed(field)
        const text = utf8Text(bytes, at, at + length)
        if (text === null) return this.malformed(field)
        values[field.name] = this.text(text, length, field)
        at += length
      }
    }
    this.end = at
    return values as unknown as Place
  }

  private degrees(value: number, field: PlannedField): number {
    const bound = field.name === 'latitude' ? 90 : 180
    if (!Number.isFinite(value)) this.blame(NOT_FINITE, field)
    else if (value < -bound || value > bound) this.blame(BAD_COORDINATES, field)
    return value + 0
  }

  private text(text: string, byteLength: number, field: PlannedField): string {
    if (byteLength > MAX_TEXT_BYTES || text.includes('\0')) this.blame(BAD_TEXT, field)
    else if (field.name === 'timeZone' && !isTimeZone(text)) this.blame(BAD_ZONE, field)
    return text
  }

  private blame(problem: number, field: PlannedField): void {
    if (this.problem !== FINE) return
    this.problem = problem
    this.path = `location.${field.field}`
  }

  private malformed(field: PlannedField): Place {
    this.problem = MALFORMED
    this.path = `location.${field.field}`
    this.end = -1
    return NOWHERE
  }

  private remember(bytes: Uint8Array, start: number, key: number): void {
    const length = this.end - start
    if (key >= this.lengths.length) this.growTo(key)
    if (length > (this.capacities[key] as number)) {
      // Twice the room of before, so that a location that keeps growing leaves little unused behind.
      const capacity = Math.max(length, 2 * (this.capacities[key] as number))
      this.reserve(capacity)
      this.starts[key] = this.used
      this.capacities[key] = capacity
      this.used += capacity
    }
    this.arena.set(bytes.subarray(start, this.end), this.starts[key])
    this.lengths[key] = length
    this.placeIds[key] = this.place
  }

  private growTo(key: number): void {
    const size = Math.max(key + 1, this.lengths.length * 2)
    this.starts = extended(this.starts, size)
    this.lengths = extended(this.lengths, size)
    this.capacities = extended(this.capacities, size)
    this.placeIds = extended(this.placeIds, size)
  }

  private reserve(more: number): void {
    if (this.used + more <= this.arena.length) return
    const grown = new Uint8Array(Math.max(this.arena.length * 2, this.used + more))
    grown.set(this.arena.subarray(0, this.used))
    this.arena = grown
    this.arenaView = new DataView(grown.buffer)
  }
}

const NOWHERE: Place = { city: null, country: null, latitude: null, longitude: null, timeZone: 'UTC' }
