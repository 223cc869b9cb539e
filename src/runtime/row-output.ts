import { RecordBlockBuilder } from '../core/record-block.ts'
import type { Write } from '../log/port.ts'
import { type RowEncoder, rowEncoder } from '../views/row-encoder.ts'
import { parseKey } from '../views/row-key.ts'
import type { RowChange } from '../views/view.ts'
import type { LiveView } from './live-views.ts'

/** Blocks of about this size go to the log. */
const BLOCK_BYTES = 512 * 1024
const NEW_KEY = { new: '1' }

/** Encodes the changed rows of one view for one partition of its topic. */
export class RowOutput {
  /** Rows taken since the start. */
  rows = 0
  private readonly live: LiveView
  private readonly partition: number
  private readonly encoder: RowEncoder
  private readonly builder = new RecordBlockBuilder()
  private writes: Write[] = []

  constructor(live: LiveView, partition: number) {
    this.live = live
    this.partition = partition
    this.encoder = rowEncoder(live.view, live.schemaId)
  }

  add(changes: readonly RowChange[]): void {
    const { isBuilt, view } = this.live
    for (const { key, cells, isNew } of changes) {
      if (isBuilt !== undefined && !isBuilt(this.partition, parseKey(view, key))) continue
      this.builder.add(key, cells === null ? null : this.encoder.encode(cells), isNew ? NEW_KEY : undefined)
      if (this.builder.byteLength >= BLOCK_BYTES) this.seal()
    }
    this.rows += changes.length
  }

  /** What has been added since the last call. */
  take(): Write[] {
    if (this.builder.count > 0) this.seal()
    const { writes } = this
    this.writes = []
    return writes
  }

  private seal(): void {
    this.writes.push({ topic: this.live.topic, partition: this.partition, block: this.builder.build() })
  }
}
