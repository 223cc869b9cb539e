import { isWindrowError } from '../../../core/errors.ts'
import { SortedStore } from '../../../kv/sorted-store.ts'
import { parseKey } from '../../../views/row-key.ts'
import type { Cell } from '../../../views/view.ts'
import { type LastRecord, recordHash } from '../../last-record.ts'
import type { MendSource, SinkRow } from '../../sink.ts'
import type { GoldLayout } from './gold-layout.ts'

/** A row that is to be in a file, or the key of one that is to be gone. */
export type GoldChange =
  | { readonly cells: readonly Cell[]; readonly keyCells?: never }
  | { readonly keyCells: readonly Cell[]; readonly cells?: never }

/** The last change of each key, by slot. What memory does not hold is on disk until `close`. */
export interface GoldChanges {
  /** Changes by slot, in the order of the slots. */
  readonly slots: ReadonlyMap<string, number>
  /** The last record that was read, by partition; null where there was none. */
  readonly last: ReadonlyArray<LastRecord | null>
  /** All changes, those of a slot after those of the one before, some thousands at a time. */
  entries(): AsyncGenerator<{ readonly slot: string; readonly changes: readonly GoldChange[] }>
  close(): Promise<void>
}

export interface ReadGoldChangesOptions {
  readonly source: MendSource
  readonly layout: GoldLayout
  readonly from: readonly number[]
  readonly to: readonly number[]
  /** True: the rows alone, all of them from the beginning. False: also which are gone. */
  readonly finalRows: boolean
}

const utf8 = new TextEncoder()
const texts = new TextDecoder()
const SEPARATOR = 0
const GONE = Uint8Array.of(0)

/** Reads a view topic from `from` to `to`. A row that no file can have is refused, and is as good as gone. */
export async function readGoldChanges(options: ReadGoldChangesOptions): Promise<GoldChanges> {
  const { source, layout, from, to, finalRows } = options
  const store = new SortedStore()
  const last: Array<LastRecord | null> = from.map(() => null)
  try {
    for (const [partition, start] of from.entries()) {
      for await (const rows of source.read(partition, start, to[partition] as number)) {
        for (const row of rows) {
          const faultless = await sifted(source, layout, row, partition)
          if (faultless === null) continue
          const { slot, value } = faultless
          const gone = finalRows ? null : GONE
          await store.put(storeKey(slot, row.key), value === null ? gone : flagged(value))
        }
        const newest = rows.at(-1)
        if (newest !== undefined) last[partition] = { offset: newest.offset, hash: recordHash(newest.key, newest.value) }
      }
    }
    const slots = new Map<string, number>()
    for await (const page of store.entries()) {
      for (const { key } of page) {
        const slot = slotAndKey(key)[0]
        slots.set(slot, (slots.get(slot) ?? 0) + 1)
      }
    }
    return { slots, last, entries: () => entries(store, source), close: () => store.close() }
  } catch (error) {
    await store.close()
    throw error
  }
}

async function* entries(store: SortedStore, { view, cellsOf }: MendSource): ReturnType<GoldChanges['entries']> {
  let slot: string | null = null
  let changes: GoldChange[] = []
  for await (const page of store.entries()) {
    for (const { key, value } of page) {
      const [next, text] = slotAndKey(key)
      if (slot !== next) {
        if (slot !== null && changes.length > 0) yield { slot, changes }
        slot = next
        changes = []
      }
      changes.push(value.byteLength === 1 ? { keyCells: parseKey(view, text) } : { cells: cellsOf(value.subarray(1)) })
    }
    if (slot !== null && changes.length > 0) yield { slot, changes }
    changes = []
  }
}

/** Null where no file can have the key. */
async function sifted(
  source: MendSource,
  layout: GoldLayout,
  row: SinkRow,
  partition: number,
): Promise<{ readonly slot: string; readonly value: Uint8Array | null } | null> {
  let slot: string | null = null
  try {
    slot = layout.slotOf(row.keyCells)
    if (row.cells !== null) layout.check(row.cells)
    return { slot, value: row.value }
  } catch (error) {
    if (!isWindrowError(error, 'WR_ROW_REFUSED')) throw error
    if (row.cells !== null) await source.refuse(row, partition, error)
    // What is there under this key is not what the view says any more.
    return slot === null ? null : { slot, value: null }
  }
}

function storeKey(slot: string, key: string): Uint8Array {
  return utf8.encode(`${slot}\0${key}`)
}

function slotAndKey(bytes: Uint8Array): [string, string] {
  const end = bytes.indexOf(SEPARATOR)
  return [texts.decode(bytes.subarray(0, end)), texts.decode(bytes.subarray(end + 1))]
}

/** A row's bytes behind a flag, so that they differ from what is gone. */
function flagged(value: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(1 + value.byteLength)
  bytes[0] = 1
  bytes.set(value, 1)
  return bytes
}

/** The changes file by file. Those of a file have to be read before the next file is asked for. */
export async function* byFile(
  changes: GoldChanges,
  fileOf: (slot: string) => string,
): AsyncGenerator<{ readonly name: string; readonly pages: AsyncIterable<readonly GoldChange[]> }> {
  const entries = changes.entries()
  let next = await entries.next()
  while (next.done !== true) {
    const name = fileOf(next.value.slot)
    async function* pages(): AsyncGenerator<readonly GoldChange[]> {
      while (next.done !== true && fileOf(next.value.slot) === name) {
        yield next.value.changes
        next = await entries.next()
      }
    }
    yield { name, pages: pages() }
  }
}
