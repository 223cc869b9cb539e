import { isWindrowError, messageOf } from '../../core/errors.ts'
import type { LakeLayerState, LakeLayerStatus, LakeWork, Written } from './lake-layer.ts'

/** What a layer did so far in this process, over all times that it had the lake. */
export class LayerStats {
  state: LakeLayerState = 'waiting'
  work: LakeWork | null = null
  private readonly layer: string
  private rows = 0
  private files = 0
  private bytes = 0
  private retries = 0
  private lastFlushAt: number | null = null
  private lastError: LakeLayerStatus['lastError'] = null
  private lastProgress: LakeLayerStatus['progress'] = []

  constructor(layer: string) {
    this.layer = layer
  }

  wrote({ rows, files, bytes }: Written, now: number): void {
    this.rows += rows
    this.files += files
    this.bytes += bytes
    this.lastFlushAt = now
    this.lastError = null
  }

  failed(error: unknown, now: number): { readonly code: string; readonly message: string } {
    const code = isWindrowError(error) ? error.code : 'WR_UNFORESEEN'
    const message = messageOf(error)
    this.state = 'retrying'
    this.retries += 1
    this.lastError = { code, message, at: now }
    return { code, message }
  }

  async status(): Promise<LakeLayerStatus> {
    if (this.work !== null) this.lastProgress = await this.work.statuses()
    return {
      layer: this.layer,
      state: this.state,
      progress: this.lastProgress,
      rowsWritten: this.rows,
      filesWritten: this.files,
      bytesWritten: this.bytes,
      retries: this.retries,
      lastFlushAt: this.lastFlushAt,
      lastError: this.lastError,
    }
  }
}
