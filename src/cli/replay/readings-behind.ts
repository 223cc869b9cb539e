import { allowedLatenessMs } from '../../runtime/allowed-lateness.ts'
import { type ExplainedReading, explainRows } from '../../runtime/why.ts'
import type { Topology } from '../../streams/topology.ts'
import { windowsOfPlan } from '../../streams/windows/windows-of-plan.ts'
import { parseKey } from '../../views/row-key.ts'
import type { Cell, View } from '../../views/view.ts'
import { latenessMinutes } from '../allowed-lateness.ts'
import { topologyOf } from '../explain.ts'
import type { Session } from '../session.ts'
import type { Cut } from './consistent-cut.ts'

export interface RowOfView {
  readonly view: View
  readonly key: string
}

/** By view and key: the readings that make rows, by the log up to the cut. Of a row that all readings of a station make there are none. */
export async function readingsBehind(
  session: Session,
  cut: Cut,
  rows: readonly RowOfView[],
): Promise<ReadonlyMap<string, ReadonlyMap<string, readonly ExplainedReading[]>>> {
  const found = new Map<string, Map<string, readonly ExplainedReading[]>>()
  for (const [event, asked] of byEvent(session, rows)) {
    const topic = cut.readingTopics.get(event)
    if (topic === undefined) continue
    const explanations = await explainRows(session.log, topic, asked, furthest(cut, event))
    for (const [i, { readings }] of explanations.entries()) {
      const { view, text } = asked[i] as Asked
      const ofView = found.get(view.name) ?? new Map<string, readonly ExplainedReading[]>()
      found.set(view.name, ofView.set(text, readings))
    }
  }
  return found
}

interface Asked {
  readonly view: View
  readonly text: string
  readonly topology: Topology
  readonly key: readonly Cell[]
  readonly allowedLatenessMs?: number
}

function byEvent(session: Session, rows: readonly RowOfView[]): Map<string, Asked[]> {
  const lateness = latenessMinutes(session.config)
  const asked = new Map<string, Asked[]>()
  const seen = new Set<string>()
  for (const { view, key: text } of rows) {
    const place = JSON.stringify([view.name, text])
    if (seen.has(place)) continue
    seen.add(place)
    const key = parseKey(view, text)
    const topology = topologyOf(session, view, key)
    if (!hasTime(view, topology)) continue
    const { name } = topology.event
    const limit = allowedLatenessMs(lateness, name)
    asked.set(name, [...(asked.get(name) ?? []), { view, text, topology, key, allowedLatenessMs: limit }])
  }
  return asked
}

function hasTime(view: View, { plan }: Topology): boolean {
  return windowsOfPlan(plan) !== null || view.key.some(({ name }) => name === 'timestamp')
}

/** Beyond what any of the views is made of nothing belongs to it. */
function furthest({ views }: Cut, event: string): number[] {
  const all = views.flatMap(({ upTo }) => [upTo.get(event) ?? []])
  const partitions = Math.max(0, ...all.map((offsets) => offsets.length))
  return Array.from({ length: partitions }, (_, partition) => Math.max(...all.map((offsets) => offsets[partition] ?? 0)))
}
