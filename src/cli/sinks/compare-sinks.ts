import { WindrowError } from '../../core/errors.ts'
import { compareStore, type RowDifference, type StoreComparison } from '../../sinks/compare-store.ts'
import { logMendSource } from '../../sinks/log-mend-source.ts'
import type { RefusedRow } from '../../sinks/refused-row.ts'
import type { Sink } from '../../sinks/sink.ts'
import type { View } from '../../views/view.ts'
import type { Session } from '../session.ts'

/** How a view in a store stands to its topic. */
export interface ComparedView extends StoreComparison {
  readonly sink: string
  readonly view: string
}

const BATCH_BYTES = 1024 * 1024

/** Compares every view that is built with each store that is to hold it, and changes nothing. */
export async function compareSinks(
  { log, catalogue, topicOfView }: Session,
  sinks: readonly Sink[],
  signal: AbortSignal,
  onDifference: (sink: Sink, view: View, difference: RowDifference) => void = () => undefined,
): Promise<ComparedView[]> {
  const compared: ComparedView[] = []
  for (const sink of sinks) {
    for (const view of catalogue.views.filter(({ stores }) => stores.includes(sink.store))) {
      const topic = await topicOfView(view)
      if (topic === null) continue
      const source = logMendSource({ log, sink: sink.name, view, topic, batchBytes: BATCH_BYTES, signal, refuse: notARow })
      const found = await compareStore(source, sink, (difference) => onDifference(sink, view, difference))
      compared.push({ sink: sink.name, view: view.name, ...found })
    }
  }
  return compared
}

/** A comparison writes no dead letters. */
async function notARow({ target, offset, code, message }: RefusedRow): Promise<never> {
  throw new WindrowError(code as `WR_${string}`, {
    message,
    remedy: 'Let the sinks run: they put the record into dead letters. Or build the views anew: windrow reset --views.',
    facts: { topic: target.topic.name, partition: target.partition, offset },
  })
}
