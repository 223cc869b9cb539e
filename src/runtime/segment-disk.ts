import { WindrowError } from '../core/errors.ts'
import type { Dictionaries } from '../events/dictionaries.ts'
import type { EventType, PayloadKind } from '../events/event-type.ts'
import type { KeyValueStore } from '../kv/port.ts'
import type { PartitionLease, Topic } from '../log/port.ts'
import { engineGroup } from './engine-group.ts'
import type { Segment } from './segment.ts'
import { decodeSegment, encodeSegment } from './segment-codec.ts'
import type { Series } from './series.ts'
import { StateFiles } from './state-files.ts'

/** A segment on its way to the disk. */
export interface SegmentEntry {
  readonly key: string
  readonly subKey: string
  readonly segment: Segment
}

/** What the disk knows of a series. */
export interface StoredSeries {
  readonly subKey: string
  readonly zones: readonly string[]
  readonly greatestEnd: number
  readonly days: number[]
}

/**
 * The segments of a task on disk. The state there lags behind what is committed and never leads: every reading below the
 * head's offset is in it, and each segment says up to which offset it goes.
 */
export class SegmentDisk {
  /** Bytes written since the start. */
  bytesWritten = 0
  private readonly files: StateFiles
  private readonly kinds: readonly PayloadKind[]
  private readonly dictionaries: Dictionaries
  private readonly width: number
  private readonly identity: string
  private readonly empty: boolean
  /** Every reading below this offset is on disk. */
  readonly offset: number

  constructor(files: StateFiles, event: EventType, dictionaries: Dictionaries, width: number, identity: string, offset: number) {
    this.files = files
    this.kinds = event.payload.map(({ kind }) => kind)
    this.dictionaries = dictionaries
    this.width = width
    this.identity = identity
    this.offset = offset
    this.empty = offset === 0
  }

  seriesOf(key: string): StoredSeries[] {
    // Nothing on disk is of this log, and what a checkpoint adds is in memory first.
    if (this.empty) return []
    const meta = this.files.keyMeta(key)
    const stored = (meta?.subKeys ?? []).map(({ subKey, zones, greatestEnd }) => ({
      subKey,
      zones,
      greatestEnd: greatestEnd ?? Number.NEGATIVE_INFINITY,
      days: this.files.days(key, subKey),
    }))
    this.files.assertOwned()
    return stored
  }

  load(key: string, subKey: string, day: number): { rows: Float64Array; count: number; offset: number } {
    const bytes = this.files.segment(key, subKey, day)
    this.files.assertOwned()
    if (bytes === undefined) {
      throw new WindrowError('WR_SEGMENT_MISSING', {
        message: `The local state has no segment of ${key}${subKey === '' ? '' : ` ${subKey}`} for day ${day} although its index names one.`,
        remedy:
          'Nothing has to be done: the state is a cache and is read from the log again. Check the disk when it happens twice.',
        facts: { key, subKey, day },
      })
    }
    const offset = new DataView(bytes.buffer, bytes.byteOffset).getFloat64(0)
    return { ...decodeSegment(bytes.subarray(8), this.width, this.kinds, this.dictionaries), offset }
  }

  /** Writes segments; to be called when all that is in them has been committed. */
  async save(entries: readonly SegmentEntry[]): Promise<void> {
    await this.files.write(entries.map((entry) => this.change(entry)))
  }

  /** Writes segments, then the entries of keys together with the head: from then on the log is read from `offset` at a start. */
  async checkpoint(
    offset: number,
    entries: readonly SegmentEntry[],
    keys: ReadonlyMap<number, readonly Series[]>,
  ): Promise<void> {
    await this.save(entries)
    const changes = [...keys].map(([key, list]) =>
      this.files.keyChange(this.dictionaries.keys.textOf(key), {
        subKeys: list.map((series) => ({
          subKey: this.dictionaries.subKeys.textOf(series.subKey),
          zones: series.zones.map(({ name }) => name),
          greatestEnd: series.greatestEnd,
        })),
      }),
    )
    await this.files.writeHead({ identity: this.identity, offset }, changes)
  }

  private change({ key, subKey, segment }: SegmentEntry) {
    const encoded = encodeSegment(segment.rows, segment.count, this.width, this.kinds, this.dictionaries)
    const value = new Uint8Array(8 + encoded.byteLength)
    new DataView(value.buffer).setFloat64(0, segment.offset)
    value.set(encoded, 8)
    this.bytesWritten += value.byteLength
    return this.files.segmentChange(key, subKey, segment.day, value)
  }
}

/** Raised when bytes on disk mean something else than before: a state of another format is cleared, and read from the log again. */
const FORMAT = 2

export interface SegmentDiskOptions {
  readonly kv: KeyValueStore
  readonly event: EventType
  readonly lease: PartitionLease
  readonly dictionaries: Dictionaries
  readonly width: number
  /** What is on disk beyond this offset is of a log that is no more. */
  readonly committed: number
  /** Begin with nothing, whatever is there. */
  readonly discard: boolean
  /** Readings that were later than this are not in it; Infinity: all are. */
  readonly allowedLatenessMs: number
  /** Readings that were ingested later (ms since the epoch) are not in it. */
  readonly asOf: number | undefined
}

/** The saved state of a task; it is cleared where it is of another log, schema or choice of readings, or further than what is committed. */
export async function openSegmentDisk({
  kv,
  event,
  lease,
  dictionaries,
  width,
  committed,
  discard,
  allowedLatenessMs,
  asOf,
}: SegmentDiskOptions): Promise<SegmentDisk> {
  const { topic, partition } = lease
  const files = new StateFiles(kv, stateName(lease.group, topic, partition))
  const columns = event.payload.map(({ field, kind }) => `${field}:${kind}`).join(',')
  const keys = [event.keyField, ...event.subKeyFields]
  // JSON knows no Infinity: no limit is null there.
  const chosen = [allowedLatenessMs, asOf ?? null]
  const identity = JSON.stringify([FORMAT, topic.id, partition, topic.partitions, columns, keys, chosen])
  await files.claim()
  const head = files.head()
  if (!discard && head !== null && head.identity === identity && head.offset <= committed)
    return new SegmentDisk(files, event, dictionaries, width, identity, head.offset)
  await files.clear()
  return new SegmentDisk(files, event, dictionaries, width, identity, 0)
}

/** Whoever builds another generation has another group, and a state of his own. */
function stateName(group: string, topic: Topic, partition: number): string {
  return `${group === engineGroup(topic.name) ? topic.name : group}/${partition}`
}
