import { keyText, type RecordBatch, valueBytes } from '../core/record-block.ts'
import type { Log } from '../log/port.ts'
import { type CurrentView, decodeCurrentView, VIEWS_CURRENT_TOPIC } from '../views/views-current.ts'

/** Calls `onCurrent` for what `views.current` says of each view, then for every change, one after another, until the signal aborts. */
export async function followCurrentViews(
  log: Log,
  signal: AbortSignal,
  onCurrent: (current: CurrentView) => Promise<void>,
): Promise<void> {
  const topic = await log.ensureTopic({ name: VIEWS_CURRENT_TOPIC, partitions: 1, cleanup: 'compact' })
  const reader = log.reader(topic, 0)
  try {
    while (!signal.aborted) {
      const latest = new Map<string, CurrentView>()
      for (let batch = await reader.next(); batch !== null; batch = await reader.next()) await take(log, batch, latest)
      for (const current of latest.values()) await onCurrent(current)
      await reader.whenMore(signal)
    }
  } finally {
    await reader.close()
  }
}

/** The last record of a view counts. One that is gone says nothing: its rows stay until the next generation is current. */
async function take(log: Log, batch: RecordBatch, latest: Map<string, CurrentView>): Promise<void> {
  for (let i = 0; i < batch.count; i++) {
    const value = valueBytes(batch, i)
    if (value === null) latest.delete(keyText(batch, i))
    else latest.set(keyText(batch, i), await decodeCurrentView(value, (id) => log.registry.schemaById(id)))
  }
}
