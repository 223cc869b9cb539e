import { createHash } from 'node:crypto'
import { messageOf, WindrowError } from '../../../core/errors.ts'
import type { View } from '../../../views/view.ts'
import type { LastRecord } from '../../last-record.ts'
import { stateName } from '../state-file.ts'
import type { FileTag, LakeStorage } from '../storage/storage.ts'

export interface GoldFile {
  readonly tag: FileTag
  readonly rows: number
  readonly bytes: number
}

/** What may be half done: files that stand as they did before, or after. */
export interface GoldIntent {
  /** Of the writer. */
  readonly epoch: number
  /** True: the whole view is compared, and any file may be another already. */
  readonly whole: boolean
  readonly ends: readonly number[]
  /** Those that are written, and what one who wakes up later may still be about to write. */
  readonly files: readonly string[]
}

/** What the lake has of a view. */
export interface GoldState {
  readonly view: string
  readonly topic: string
  readonly topicId: string
  /** Of the columns: files of another are written anew. */
  readonly form: string
  /** The first offset that the files do not have, by partition. */
  readonly ends: readonly number[]
  /** The last record that the files have, by partition; null where there is none. Earlier versions did not note it. */
  readonly last?: ReadonlyArray<LastRecord | null>
  /** When this was written, ms since the epoch. */
  readonly at: number
  readonly files: Readonly<Record<string, GoldFile>>
  /** Null where nothing is under way. */
  readonly intent: GoldIntent | null
}

const FORMAT = 1

/** Where the state of a view is. */
export const goldStateName = (view: string): string => stateName('gold', view)

/** What the lake has of a view; null where it has nothing. Anybody may ask. */
export async function readGoldState(storage: LakeStorage, name: string): Promise<GoldState | null> {
  const read = await storage.read(name)
  return read === null ? null : decodeGoldState(name, read.bytes)
}

export function encodeGoldState(state: GoldState): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify({ format: FORMAT, ...state }, null, 1)}\n`)
}

/** Throws WR_LAKE_FILE for bytes that are no such state. */
export function decodeGoldState(name: string, bytes: Uint8Array): GoldState {
  try {
    const { format, ...state } = JSON.parse(new TextDecoder().decode(bytes)) as GoldState & { readonly format?: unknown }
    if (format !== FORMAT) throw new Error(`it is of format ${JSON.stringify(format)}`)
    if (!Array.isArray(state.ends) || typeof state.topicId !== 'string' || typeof state.files !== 'object') {
      throw new Error('something is missing in it')
    }
    return state
  } catch (error) {
    throw new WindrowError('WR_LAKE_FILE', {
      message: `${name} in the lake is not what this version of windrow writes: ${messageOf(error)}.`,
      remedy:
        'Use the version that wrote it; or remove that file alone, and the files beside it are compared with the log and mended.',
      facts: { name },
      kind: 'usage',
      cause: error,
    })
  }
}

/** Equal for views whose files are alike. */
export function goldForm(view: View): string {
  const columns = view.columns.map(({ column, type, isKey }) => [column, type, isKey])
  return createHash('sha256').update(JSON.stringify(columns)).digest('hex').slice(0, 16)
}
