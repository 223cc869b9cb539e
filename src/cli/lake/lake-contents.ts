import { goldStateName, readGoldState } from '../../sinks/lake/gold/gold-state.ts'
import type { LakeStorage } from '../../sinks/lake/storage/storage.ts'
import type { Session } from '../session.ts'
import { lakeLags } from './lake-lags.ts'
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

/** What is in a lake, and how far it is behind the log. Nothing is written. */
export async function lakeContents(session: Session, storage: LakeStorage): Promise<LakePart[]> {
  const parts: LakePart[] = []
  const lags = await lakeLags(session, storage, LAKE_LAYERS)
  for (const layer of LAKE_LAYERS) {
    const found = await filesOf(storage, layer)
    for (const [name, { files, bytes, spans }] of [...found].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const sorted = [...spans].sort()
      const known = lags.find((each) => each.layer === layer && each.name === name)
      parts.push({
        layer,
        name,
        files,
        bytes,
        first: sorted[0] ?? null,
        last: sorted.at(-1) ?? null,
        spans: spans.size,
        rows: await rowsOf(storage, layer, name),
        lag: known === undefined || known.isAhead ? null : known.lag,
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

/** Only of views: it is in their state. */
async function rowsOf(storage: LakeStorage, layer: LakeLayerName, name: string): Promise<number | null> {
  const state = layer === 'gold' ? await readGoldState(storage, goldStateName(name)) : null
  return state === null ? null : Object.values(state.files).reduce((sum, file) => sum + file.rows, 0)
}
