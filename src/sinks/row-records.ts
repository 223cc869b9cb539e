import { isWindrowError, messageOf } from '../core/errors.ts'
import { headersOf, keyText, type RecordBatch, valueBytes } from '../core/record-block.ts'
import type { SchemaRegistry } from '../log/schema-registry.ts'
import { type RowDecoder, rowDecoder } from '../views/row-codec.ts'
import { parseKey } from '../views/row-key.ts'
import type { Cell, View } from '../views/view.ts'
import { refuseNewerRows } from './newer-rows.ts'
import type { SinkRow } from './sink.ts'

/** A record that is no row of the view. */
export interface BadRecord {
  readonly offset: number
  readonly key: Uint8Array
  readonly value: Uint8Array | null
  readonly code: string
  readonly message: string
}

export interface DecodedRecords {
  /** The latest change of each key, by ascending offset. */
  readonly rows: readonly SinkRow[]
  readonly bad: readonly BadRecord[]
}

/** Codes of what is wrong with the record itself. A schema that cannot be read is no record's fault: it is thrown. */
const RECORD_FAULTS = ['WR_ROW_CORRUPT', 'WR_ROW_KEY']

/** Turns records of a view topic into rows: the last of each key wins. */
export class RowRecords {
  private readonly view: View
  private readonly registry: SchemaRegistry
  private readonly decoder: RowDecoder
  private readonly schemas = new Map<number, string>()

  constructor(view: View, registry: SchemaRegistry) {
    this.view = view
    this.registry = registry
    this.decoder = rowDecoder(view, (id) => this.schemas.get(id) ?? null)
  }

  /** Rejects with WR_ROW_NEWER before anything of such a batch is told. `trustNew` false: no row is taken for new, because some of these records may have been written before. */
  async decode(batch: RecordBatch, trustNew: boolean): Promise<DecodedRecords> {
    await this.learnSchemas(batch)
    const latest = new Map<string, SinkRow>()
    const bad: BadRecord[] = []
    for (let i = 0; i < batch.count; i++) {
      try {
        const row = this.row(batch, i)
        const before = latest.get(row.key)
        // Deleted first, so that the map stays in the order of the offsets.
        if (before !== undefined) latest.delete(row.key)
        latest.set(row.key, { ...row, isNew: trustNew && (before ?? row).isNew })
      } catch (error) {
        bad.push(badRecord(batch, i, error))
      }
    }
    return { rows: [...latest.values()], bad }
  }

  /** The cells of a record that `decode` has met. */
  cellsOf(value: Uint8Array): readonly Cell[] {
    return this.decoder.decode(value)
  }

  private row(batch: RecordBatch, i: number): SinkRow {
    const value = valueBytes(batch, i)
    const key = keyText(batch, i)
    const cells = value === null ? null : this.decoder.decode(value)
    return {
      key,
      keyCells: cells === null ? parseKey(this.view, key) : cells.slice(0, this.view.key.length),
      cells,
      value,
      offset: batch.offsets[i] as number,
      isNew: (batch.headerStart[i] as number) >= 0 && headersOf(batch, i).new === '1',
    }
  }

  private async learnSchemas(batch: RecordBatch): Promise<void> {
    let last = -1
    for (let i = 0; i < batch.count; i++) {
      const start = batch.valueStart[i] as number
      if (start < 0 || (batch.valueEnd[i] as number) - start < 5) continue
      const id = batch.view.getUint32(start + 1)
      if (id === last || this.schemas.has(id)) continue
      last = id
      const schema = await this.registry.schemaById(id)
      if (schema === null) continue
      await refuseNewerRows(this.view, this.registry, id, schema)
      this.schemas.set(id, schema)
    }
  }
}

function badRecord(batch: RecordBatch, i: number, error: unknown): BadRecord {
  if (!isWindrowError(error) || !RECORD_FAULTS.includes(error.code)) throw error
  return {
    offset: batch.offsets[i] as number,
    key: batch.bytes.slice(batch.keyStart[i], batch.keyEnd[i]),
    value: valueBytes(batch, i)?.slice() ?? null,
    code: error.code,
    message: messageOf(error),
  }
}
