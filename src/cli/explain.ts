import { WindrowError } from '../core/errors.ts'
import { allowedLatenessMs } from '../runtime/allowed-lateness.ts'
import { type Explanation, explainRow } from '../runtime/why.ts'
import type { Topology } from '../streams/topology.ts'
import type { Cell, View } from '../views/view.ts'
import { latenessMinutes } from './allowed-lateness.ts'
import type { Session } from './session.ts'

/** Of several topologies that fill one view, the key names the event. */
export function topologyOf({ catalogue }: Session, view: View, key: readonly Cell[]): Topology {
  const candidates = catalogue.topologies.filter((topology) => topology.view === view)
  const kind = key[view.key.findIndex(({ name }) => name === 'kind')]
  const found = candidates.length === 1 ? candidates[0] : candidates.find(({ event }) => event.name === kind)
  if (found !== undefined) return found
  throw new WindrowError('WR_WHY_KEY', {
    message: `No topology makes a row of ${view.name} with the key ${JSON.stringify(key)}.`,
    remedy: `Give ${view.key.map(({ column }) => column).join(', ')}; the kind is one of ${candidates.map(({ event }) => event.name).join(', ')}.`,
    kind: 'usage',
    facts: { view: view.name, key },
  })
}

/** Computes a row again from the log alone: its cells, its window and its readings. Null where the log has no such topic yet. */
export async function explain(session: Session, view: View, key: readonly Cell[]): Promise<Explanation | null> {
  const topology = topologyOf(session, view, key)
  const topic = await session.log.findTopic(session.catalogue.topicOf(topology.event))
  if (topic === null) return null
  return explainRow({
    log: session.log,
    topology,
    topic,
    key,
    allowedLatenessMs: allowedLatenessMs(latenessMinutes(session.config), topology.event.name),
  })
}
