import type { RecordBlock } from '../../core/record-block.ts'
import { SortedStore } from '../../kv/sorted-store.ts'
import { rowDecoder } from '../../views/row-decoder.ts'
import { rowSchema } from '../../views/row-schema.ts'
import type { Cell, View } from '../../views/view.ts'

/** The schema id in rebuilt rows: they never leave the process, so no registry has to know it. */
export const REBUILT_SCHEMA_ID = 1

export interface RebuiltRow {
  /** The canonical JSON array of the key's cells. */
  readonly key: string
  /** All cells in the view's order. */
  readonly cells: readonly Cell[]
}

const utf8 = new TextEncoder()
/** In place of a row's bytes: there was none. */
const NO_ROW = new Uint8Array(0)
const texts = new TextDecoder()

/** The rows of one view as they were computed again; what memory does not hold is on the local disk until `close`. */
export class RowStore {
  readonly view: View
  private readonly store: SortedStore
  /** As they were before the first change beyond the mark. */
  private readonly atMark: SortedStore
  private readonly decode: (bytes: Uint8Array) => Cell[]

  constructor(view: View, memoryBytes: number) {
    this.view = view
    this.store = new SortedStore((memoryBytes * 7) / 8)
    this.atMark = new SortedStore(memoryBytes / 8)
    const schema = rowSchema(view)
    const decoder = rowDecoder(view, () => schema)
    this.decode = (bytes) => decoder.decode(bytes)
  }

  /** Takes rows and tombstones as a task commits them; what they replace beyond the mark stays known. One call at a time. */
  async take(block: RecordBlock, isBeyondMark = false): Promise<void> {
    for (let i = 0; i < block.count; i++) {
      const key = block.bytes.subarray(block.keyStart[i], block.keyEnd[i])
      const start = block.valueStart[i] as number
      if (isBeyondMark && this.atMark.get(key) === null) await this.atMark.put(key.slice(), this.store.get(key) ?? NO_ROW)
      // A copy: a value that stays must not keep the whole block.
      await this.store.put(key, start < 0 ? null : block.bytes.slice(start, block.valueEnd[i]))
    }
  }

  /** Null where there is no such row. */
  get(key: string): readonly Cell[] | null {
    const bytes = this.store.get(utf8.encode(key))
    return bytes === null ? null : this.decode(bytes)
  }

  /** What was there at the mark: null is no row. Undefined where no reading beyond it had the row made again. */
  getAtMark(key: string): readonly Cell[] | null | undefined {
    const bytes = this.atMark.get(utf8.encode(key))
    if (bytes === null) return undefined
    return bytes.byteLength === 0 ? null : this.decode(bytes)
  }

  /** All rows in the order of the keys' bytes, some thousands at a time. */
  async *entries(): AsyncGenerator<readonly RebuiltRow[]> {
    for await (const page of this.store.entries()) {
      yield page.map(({ key, value }) => ({ key: texts.decode(key), cells: this.decode(value) }))
    }
  }

  async close(): Promise<void> {
    await this.store.close()
    await this.atMark.close()
  }
}
