import { WindrowError } from '../core/errors.ts'
import { CursorReader, CursorWriter } from './cursor-bytes.ts'
import type { Published } from './revision-rules.ts'

const VERSION = 1

const IS_REVISED = 1
const BY_PRODUCER = 2
const HAS_PREVIOUS = 4

const NO_PREVIOUS: readonly bigint[] = []

/** What was published of one series of the day, by time. */
interface Series {
  count: number
  /** Milliseconds since the start of the day, ascending. */
  times: Int32Array
  hashes: BigUint64Array
  /** NaN is null. */
  revisedAt: Float64Array
  byProducer: Uint8Array
  /** By time, for the few that have any. */
  readonly previous: Map<number, readonly bigint[]>
}

/**
 * What a source last published of one station and UTC day: of each series (an event and its sub-key) and time the content's hash and
 * `revised_at`. It is the value of a record of `producer.cursors`: about 12 bytes a reading.
 */
export class CursorDay {
  private readonly series = new Map<string, Series>()
  /** About how much memory it takes. */
  memoryBytes = 300

  /** `time` is milliseconds since the start of the day. */
  find(name: string, time: number): Published | null {
    const series = this.series.get(name)
    const at = series === undefined ? -1 : indexOf(series, time)
    if (series === undefined || at < 0) return null
    const revisedAt = series.revisedAt[at] as number
    return {
      hash: series.hashes[at] as bigint,
      revisedAt: Number.isNaN(revisedAt) ? null : revisedAt,
      byProducer: series.byProducer[at] === 1,
      previous: series.previous.get(time) ?? NO_PREVIOUS,
    }
  }

  set(name: string, time: number, published: Published): void {
    let series = this.series.get(name)
    if (series === undefined) {
      series = emptySeries(4)
      this.series.set(name, series)
      this.memoryBytes += 400
    }
    let at = indexOf(series, time)
    if (at < 0) {
      at = -at - 1
      this.memoryBytes += insert(series, at)
    }
    series.times[at] = time
    series.hashes[at] = published.hash
    series.revisedAt[at] = published.revisedAt ?? Number.NaN
    series.byProducer[at] = published.byProducer ? 1 : 0
    if (published.previous.length > 0) series.previous.set(time, published.previous)
    else series.previous.delete(time)
  }

  encode(): Uint8Array {
    const writer = new CursorWriter()
    writer.byte(VERSION)
    writer.count(this.series.size)
    for (const [name, series] of this.series) {
      writer.text(name)
      writer.count(series.count)
      let before = 0
      for (let i = 0; i < series.count; i++) {
        const time = series.times[i] as number
        writer.count(time - before)
        before = time
        writeEntry(writer, series, i, time)
      }
    }
    return writer.finish()
  }

  /** Throws WR_CURSOR_UNREADABLE for bytes of another version or none of ours. */
  static decode(bytes: Uint8Array): CursorDay {
    const day = new CursorDay()
    try {
      const reader = new CursorReader(bytes)
      const version = reader.byte()
      if (version !== VERSION) throw new RangeError(`version ${version}`)
      for (let seriesLeft = reader.count(); seriesLeft > 0; seriesLeft--) {
        const name = reader.text()
        let time = 0
        for (let left = reader.count(); left > 0; left--) {
          time += reader.count()
          day.set(name, time, readEntry(reader, time))
        }
      }
      reader.end()
    } catch (cause) {
      throw new WindrowError('WR_CURSOR_UNREADABLE', {
        message: 'A record of producer.cursors cannot be read by this version.',
        remedy: 'Produce with the version that wrote it, or a newer one.',
        cause,
      })
    }
    return day
  }
}

function writeEntry(writer: CursorWriter, series: Series, i: number, time: number): void {
  const revisedAt = series.revisedAt[i] as number
  const previous = series.previous.get(time)
  const isRevised = !Number.isNaN(revisedAt)
  writer.byte(
    (isRevised ? IS_REVISED : 0) | (series.byProducer[i] === 1 ? BY_PRODUCER : 0) | (previous === undefined ? 0 : HAS_PREVIOUS),
  )
  writer.hash(series.hashes[i] as bigint)
  if (isRevised) writer.signed(revisedAt)
  if (previous === undefined) return
  writer.count(previous.length)
  for (const hash of previous) writer.hash(hash)
}

function readEntry(reader: CursorReader, time: number): Published {
  const flags = reader.byte()
  if (flags > 7 || time >= 86_400_000) throw new RangeError('no entry')
  const hash = reader.hash()
  const revisedAt = (flags & IS_REVISED) === 0 ? null : reader.signed()
  const previous: bigint[] = []
  if ((flags & HAS_PREVIOUS) !== 0) for (let left = reader.count(); left > 0; left--) previous.push(reader.hash())
  return { hash, revisedAt, byProducer: (flags & BY_PRODUCER) !== 0, previous }
}

function emptySeries(capacity: number): Series {
  return {
    count: 0,
    times: new Int32Array(capacity),
    hashes: new BigUint64Array(capacity),
    revisedAt: new Float64Array(capacity),
    byProducer: new Uint8Array(capacity),
    previous: new Map(),
  }
}

/** Where the time stands, or -(where it belongs) - 1. */
function indexOf({ times, count }: Series, time: number): number {
  // Readings mostly come in order.
  if (count === 0 || (times[count - 1] as number) < time) return -count - 1
  let low = 0
  let high = count - 1
  while (low <= high) {
    const middle = (low + high) >>> 1
    const found = times[middle] as number
    if (found === time) return middle
    if (found < time) low = middle + 1
    else high = middle - 1
  }
  return -low - 1
}

/** Makes room at a place; gives by how many bytes the series grew. */
function insert(series: Series, at: number): number {
  const { count } = series
  const capacity = series.times.length
  let grown = 0
  if (count === capacity) {
    const larger = emptySeries(capacity * 2)
    larger.times.set(series.times)
    larger.hashes.set(series.hashes)
    larger.revisedAt.set(series.revisedAt)
    larger.byProducer.set(series.byProducer)
    series.times = larger.times
    series.hashes = larger.hashes
    series.revisedAt = larger.revisedAt
    series.byProducer = larger.byProducer
    grown = capacity * 21
  }
  if (at < count) {
    series.times.copyWithin(at + 1, at, count)
    series.hashes.copyWithin(at + 1, at, count)
    series.revisedAt.copyWithin(at + 1, at, count)
    series.byProducer.copyWithin(at + 1, at, count)
  }
  series.count = count + 1
  return grown
}
