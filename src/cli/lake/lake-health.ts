import type { PartState, SinkHealth } from '../../api/ports.ts'
import { LAKE_SINK } from '../../sinks/lake/gold/gold-context.ts'
import type { LakeLayerState, LakeLayerStatus } from '../../sinks/lake/lake-layer.ts'

const states: Readonly<Record<LakeLayerState, PartState>> = {
  waiting: 'running',
  catching_up: 'catching_up',
  running: 'running',
  retrying: 'waiting',
  stopped: 'stopped',
}

export interface LakeHealthOptions {
  /** What is new is written so often. */
  readonly flushSeconds: number
  /** Rows of views that no file can have, since the start. */
  readonly refused: number
}

/** How the layers of a lake that this process writes stand, as sinks: `lake`, with the layer where others have a view. */
export function lakeHealth(statuses: readonly LakeLayerStatus[], { flushSeconds, refused }: LakeHealthOptions): SinkHealth[] {
  return statuses.map((status) => {
    const { layer, state, progress, rowsWritten, filesWritten, bytesWritten, retries, lastFlushAt, lastError } = status
    // While another process has the lake, that one tells of it.
    const isOwn = state !== 'waiting'
    return {
      sink: LAKE_SINK,
      view: layer,
      isOwn,
      state: states[state],
      lag: isOwn ? progress.reduce((sum, each) => sum + each.lag, 0) : 0,
      rowsWritten,
      rowsPerSecond: 0,
      retries,
      deadLettered: layer === GOLD ? refused : 0,
      lastWriteAt: lastFlushAt,
      problem:
        state === 'retrying' && lastError !== null ? { ...lastError, remedy: remedyOf(lastError.code), since: null } : null,
      lastError,
      files: { written: filesWritten, bytes: bytesWritten, flushSeconds: isOwn ? flushSeconds : null },
    }
  })
}

const GOLD = 'gold'

/** docs/errors.md has what to do for every code. */
export const remedyOf = (code: string): string => `docs/errors.md tells of ${code}.`
