import type { Log } from '../../log/port.ts'
import { currentViews } from '../../runtime/live-views.ts'
import { goldStateName, readGoldState } from '../../sinks/lake/gold/gold-state.ts'
import { readState, stateName, type TopicState } from '../../sinks/lake/state-file.ts'
import type { LakeStorage } from '../../sinks/lake/storage.ts'
import { LAKE_LAYERS, type LakeLayerName } from './lake-layers.ts'

/** What a layer has of a topic of readings, or of a view. */
export interface LakePart {
  readonly layer: LakeLayerName
  /** The topic, or the view. */
  readonly name: string
  readonly files: number
  readonly bytes: number
  /** The first and last day, or month; null where the files have none. */
  readonly first: string | null
  readonly last: string | null
  /** Days or months with files. */
  readonly spans: number
  /** Null where the lake does not say. */
  readonly rows: number | null
  /** What the log has and the files do not; null where the log does not know the topic that they were made from. */
  readonly lag: number | null
}

interface Found {
  files: number
  bytes: number
  readonly spans: Set<string>
}

/** What is in a lake, and how far it is behind the log (null: it is not looked at). Nothing is written. */
export async function lakeContents(storage: LakeStorage, log: Log | null): Promise<LakePart[]> {
  const parts: LakePart[] = []
  for (const layer of LAKE_LAYERS) {
    const found = await filesOf(storage, layer)
    for (const [name, { files, bytes, spans }] of [...found].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const sorted = [...spans].sort()
      const { rows, lag } = await progressOf(storage, log, layer, name)
      parts.push({
        layer,
        name,
        files,
        bytes,
        first: sorted[0] ?? null,
        last: sorted.at(-1) ?? null,
        spans: spans.size,
        rows,
        lag,
      })
    }
  }
  return parts
}

async function filesOf(storage: LakeStorage, layer: LakeLayerName): Promise<Map<string, Found>> {
  const found = new Map<string, Found>()
  for await (const { name, bytes } of storage.list(`${layer}/`)) {
    if (!name.endsWith('.parquet')) continue
    const [, part = '', folder = ''] = name.split('/')
    const each = found.get(part) ?? { files: 0, bytes: 0, spans: new Set<string>() }
    found.set(part, each)
    each.files += 1
    each.bytes += bytes
    const span = /^[a-z_]+=(.+)$/.exec(folder)?.[1]
    if (span !== undefined) each.spans.add(span)
  }
  return found
}

async function progressOf(
  storage: LakeStorage,
  log: Log | null,
  layer: LakeLayerName,
  name: string,
): Promise<Pick<LakePart, 'rows' | 'lag'>> {
  if (layer === 'gold') {
    const state = await readGoldState(storage, goldStateName(name))
    if (state === null) return { rows: null, lag: null }
    const rows = Object.values(state.files).reduce((sum, file) => sum + file.rows, 0)
    const current = log === null ? undefined : (await currentViews(log)).get(name)
    // Of another generation nothing is there yet.
    const ends = current !== undefined && current.topicId !== state.topicId ? [] : state.ends
    return { rows, lag: await lagOf(log, current?.topic ?? state.topic, current?.topicId ?? state.topicId, ends) }
  }
  const state = await readState<TopicState>(storage, stateName(layer, name))
  return { rows: null, lag: state === null ? null : await lagOf(log, state.topic, state.topicId, state.offsets) }
}

async function lagOf(log: Log | null, name: string, topicId: string, ends: readonly number[]): Promise<number | null> {
  const topic = await log?.findTopic(name)
  if (log === null || topic === null || topic === undefined || topic.id !== topicId) return null
  let lag = 0
  for (let partition = 0; partition < topic.partitions; partition++) {
    const { start, end } = await log.bounds(topic, partition)
    lag += Math.max(0, end - Math.max(start, ends[partition] ?? 0))
  }
  return lag
}
