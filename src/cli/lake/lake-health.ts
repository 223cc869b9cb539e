import type { PartState, SinkHealth } from '../../api/ports.ts'
import type { LakeLayerState, LakeLayerStatus } from '../../sinks/lake/lake-layer.ts'

const states: Readonly<Record<LakeLayerState, PartState>> = {
  waiting: 'running',
  catching_up: 'catching_up',
  running: 'running',
  retrying: 'waiting',
  stopped: 'stopped',
}

/** How the layers of a lake stand, as sinks: `lake`, with the layer where others have a view. */
export function lakeHealth(statuses: readonly LakeLayerStatus[]): SinkHealth[] {
  return statuses.map((status) => {
    const { layer, state, progress, rowsWritten, filesWritten, bytesWritten, retries, lastFlushAt, lastError } = status
    return {
      sink: 'lake',
      view: layer,
      // While another process has the lake, that one tells of it.
      isOwn: state !== 'waiting',
      state: states[state],
      lag: progress.reduce((sum, each) => sum + each.lag, 0),
      rowsWritten,
      rowsPerSecond: 0,
      retries,
      deadLettered: 0,
      lastWriteAt: lastFlushAt,
      problem:
        state !== 'retrying' || lastError === null
          ? null
          : {
              code: lastError.code,
              message: lastError.message,
              remedy: `docs/errors.md tells of ${lastError.code}.`,
              since: null,
            },
      lastError,
      files: { written: filesWritten, bytes: bytesWritten },
    }
  })
}
