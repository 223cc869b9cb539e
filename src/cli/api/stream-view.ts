import type { StreamBatch, StreamRequest, StreamRow } from '../../api/ports.ts'
import type { Clock } from '../../core/clock.ts'
import { isWindrowError } from '../../core/errors.ts'
import { keyText, type RecordBatch, valueBytes } from '../../core/record-block.ts'
import { schemaCache } from '../../events/schema-cache.ts'
import { schemaIdOf } from '../../events/wire-format.ts'
import { endsOf } from '../../log/ends-of.ts'
import type { Log, LogReader, Topic } from '../../log/port.ts'
import { rowDecoder } from '../../views/row-decoder.ts'
import { parseKey } from '../../views/row-key.ts'
import type { View } from '../../views/view.ts'
import { anyMore } from '../any-more.ts'

export interface StreamPorts {
  readonly log: Log
  readonly clock: Clock
  /** The topic of the view's current generation, null while there is none. */
  readonly topicOfView: (view: View) => Promise<Topic | null>
}

/** Nobody tells when a view gets its first topic. */
const LOOK_FOR_TOPIC_MS = 1_000
const BATCH_BYTES = 256 * 1024

const positionText = (topic: Topic, offsets: readonly number[]): string => `${topic.id}:${offsets.join(',')}`

/** The offsets of a position of this topic, null for any other text. */
function offsetsOf(topic: Topic, position: string): number[] | null {
  if (!position.startsWith(`${topic.id}:`)) return null
  const offsets = position
    .slice(topic.id.length + 1)
    .split(',')
    .map(Number)
  return offsets.length === topic.partitions && offsets.every(Number.isSafeInteger) ? offsets : null
}

/**
 * Changes of a view from its topic, as they are committed. Pulled: it reads on when the batch before was taken. A view that
 * begins anew (another generation, or views that were reset) gives a `reset`.
 */
export async function* streamView(ports: StreamPorts, { view, after, signal }: StreamRequest): AsyncGenerator<StreamBatch> {
  let position = after
  let isFirst = true
  while (!signal.aborted) {
    const topic = await ports.topicOfView(view)
    if (topic === null) {
      await ports.clock.sleep(LOOK_FOR_TOPIC_MS, signal)
      continue
    }
    const from = position === null ? null : offsetsOf(topic, position)
    const offsets = (await withinBounds(ports.log, topic, from)) ?? (await endsOf(ports.log, topic))
    const isContinued = from !== null && offsets === from
    if (!isContinued && !(isFirst && after === null)) yield { type: 'reset', position: positionText(topic, offsets) }
    isFirst = false
    try {
      for await (const batch of follow(ports.log, view, topic, offsets, signal)) {
        position = batch.position
        yield batch
      }
    } catch (error) {
      if (!isWindrowError(error, 'WR_TOPIC_GONE') && !isWindrowError(error, 'WR_OFFSET_OUT_OF_RANGE')) throw error
      position = ''
    }
  }
}

/** The offsets, if all of them can still be read from; else null. */
async function withinBounds(log: Log, topic: Topic, offsets: number[] | null): Promise<number[] | null> {
  if (offsets === null) return null
  for (const [partition, offset] of offsets.entries()) {
    const { start, end } = await log.bounds(topic, partition)
    if (offset < start || offset > end) return null
  }
  return offsets
}

async function* follow(
  log: Log,
  view: View,
  topic: Topic,
  from: readonly number[],
  signal: AbortSignal,
): AsyncGenerator<StreamBatch> {
  const decode = rowsOf(log, view)
  const offsets = [...from]
  const readers: LogReader[] = from.map((offset, partition) => log.reader(topic, partition, offset))
  try {
    while (!signal.aborted) {
      let isIdle = true
      for (const [partition, reader] of readers.entries()) {
        const batch = signal.aborted ? null : await reader.next(BATCH_BYTES)
        if (batch === null) continue
        isIdle = false
        offsets[partition] = reader.position
        yield { type: 'rows', position: positionText(topic, offsets), rows: await decode(batch) }
      }
      if (isIdle) await anyMore(readers, signal)
    }
  } finally {
    await Promise.all(readers.map((reader) => reader.close()))
  }
}

/** The latest state of every row of a batch. */
function rowsOf(log: Log, view: View): (batch: RecordBatch) => Promise<readonly StreamRow[]> {
  const schemas = schemaCache(log.registry)
  const decoder = rowDecoder(view, (id) => schemas.lookup(id) ?? null)
  return async (batch) => {
    const latest = new Map<string, Uint8Array | null>()
    const unknown = new Set<number>()
    for (let i = 0; i < batch.count; i++) {
      const value = valueBytes(batch, i)
      latest.set(keyText(batch, i), value)
      if (value !== null && schemas.lookup(schemaIdOf(value)) === undefined) unknown.add(schemaIdOf(value))
    }
    if (unknown.size > 0) await schemas.load([...unknown])
    return [...latest].map(([key, value]) => ({ key: parseKey(view, key), cells: value === null ? null : decoder.decode(value) }))
  }
}
