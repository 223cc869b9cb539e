import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../../core/clock.ts'
import type { Logger } from '../../core/logger.ts'
import { partitionOf } from '../../core/murmur2.ts'
import { camelCase } from '../../core/naming.ts'
import type { EventType } from '../../events/event-type.ts'
import { openLmdbStore } from '../../kv/lmdb-store.ts'
import type { KeyValueStore } from '../../kv/port.ts'
import type { Log, Topic } from '../../log/port.ts'
import type { Topology } from '../../streams/topology.ts'
import type { Cell, View } from '../../views/view.ts'
import { rebuildPartition } from './rebuild-partition.ts'
import { type LostUntil, lostUntil, rebuiltRows } from './rebuilt-rows.ts'
import { RowStore } from './row-store.ts'

export interface RebuildOptions {
  readonly log: Log
  /** All that make the views to be rebuilt; several views are made in one read of the log. */
  readonly topologies: readonly Topology[]
  /** The topic of each event's readings, by the event's name. */
  readonly readingTopics: ReadonlyMap<string, Topic>
  /** The offset up to which each partition of a topic of readings counts, by the event's name, from partition 0. */
  readonly upTo: ReadonlyMap<string, readonly number[]>
  /** In the same way: offsets as at which rows that readings beyond change are kept too. */
  readonly marks?: ReadonlyMap<string, readonly number[]>
  /** Milliseconds since the epoch: readings ingested later are left out, as if they were not in the log. */
  readonly asOf?: number
  /** Minutes by event; an event that is not named takes readings of any age. */
  readonly allowedLatenessMinutes?: ReadonlyMap<string, number>
  /** For readings and rows together; what is more goes to the temporary folder, and is gone at the end. */
  readonly memoryBytes: number
  readonly clock: Clock
  readonly logger: Logger
  /** Rejects with its reason when it aborts. */
  readonly signal: AbortSignal
  /** Called now and then with how many offsets of all there are have been read. */
  readonly onProgress?: (done: number, total: number) => void
}

const utf8 = new TextEncoder()

/** A view as the present logic makes it of the log. */
export interface RebuiltView {
  readonly rows: RowStore
  /** False for a row that readings may have made which the log has lost. `cells` are at least the key's. */
  readonly isWhole: (cells: readonly Cell[]) => boolean
}

export interface RebuiltViews {
  readonly views: ReadonlyMap<string, RebuiltView>
  /** Offsets read, and how long it took. */
  readonly offsets: number
  readonly seconds: number
  /** Forgets the rows. */
  close(): Promise<void>
}

/** Runs the topologies over the log from its start up to given offsets, by the engine's own tasks, and changes nothing. */
export async function rebuildViews(options: RebuildOptions): Promise<RebuiltViews> {
  const { topologies, memoryBytes, clock } = options
  const began = clock.monotonic()
  const views = [...new Set(topologies.map(({ view }) => view))]
  const rows = new Map(views.map((view) => [view.name, new RowStore(view, memoryBytes / 2 / views.length)]))
  const close = async (): Promise<void> => {
    for (const each of rows.values()) await each.close()
  }
  try {
    const lost = new Map<string, LostUntil>()
    const offsets = await withStore((kv) => readAll(options, kv, rows, lost))
    return {
      views: new Map(views.map((view) => [view.name, rebuilt(view, options, lost, rows.get(view.name) as RowStore)])),
      offsets,
      seconds: (clock.monotonic() - began) / 1000,
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

function rebuilt(
  view: View,
  { topologies, readingTopics }: RebuildOptions,
  lost: ReadonlyMap<string, LostUntil>,
  rows: RowStore,
): RebuiltView {
  const own = topologies.filter((topology) => topology.view === view)
  const isBuilt = rebuiltRows({ view, topologies: own, from: null, lost })
  if (isBuilt == null) return { rows, isWhole: () => true }
  const station = view.key.findIndex(({ name }) =>
    own.some(({ event }) => [camelCase(event.keyField), 'stationId'].includes(name)),
  )
  const partitions = Math.max(...own.map(({ event }) => readingTopics.get(event.name)?.partitions ?? 1))
  return {
    rows,
    isWhole: (cells) => isBuilt(partitionOf(utf8.encode(String(cells[station])), partitions), cells.slice(0, view.key.length)),
  }
}

/** One partition after the other, so that the memory is for one. */
async function readAll(
  options: RebuildOptions,
  kv: KeyValueStore,
  rows: ReadonlyMap<string, RowStore>,
  lost: Map<string, LostUntil>,
): Promise<number> {
  const { log, topologies, readingTopics, upTo, marks, onProgress = () => undefined } = options
  const events = new Map(topologies.map(({ event }) => [event.name, event]))
  const parts: Part[] = []
  for (const event of events.values()) {
    const topic = readingTopics.get(event.name)
    if (topic === undefined) continue
    lost.set(event.name, await lostUntil(log, topic))
    for (const [partition, end] of (upTo.get(event.name) ?? []).entries()) {
      const { start } = await log.bounds(topic, partition)
      const mark = marks?.get(event.name)?.[partition] ?? Number.POSITIVE_INFINITY
      parts.push({ event, topic, partition, start: Math.min(start, end), end, mark })
    }
  }
  const total = parts.reduce((sum, { start, end }) => sum + end - start, 0)
  let before = 0
  for (const part of parts) {
    options.signal.throwIfAborted()
    if (part.start < part.end) {
      await rebuildPartition({
        ...options,
        ...part,
        kv,
        rows,
        memoryBytes: options.memoryBytes / 2,
        onOffset: (offset) => onProgress(before + Math.min(offset, part.end) - part.start, total),
      })
    }
    before += part.end - part.start
  }
  onProgress(total, total)
  return total
}

interface Part {
  readonly event: EventType
  readonly topic: Topic
  readonly partition: number
  readonly start: number
  readonly end: number
  readonly mark: number
}

async function withStore<T>(use: (kv: KeyValueStore) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'windrow-rebuild-'))
  try {
    const kv = await openLmdbStore({ path: folder })
    try {
      return await use(kv)
    } finally {
      await kv.close()
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
