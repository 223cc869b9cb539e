import { createHash } from 'node:crypto'
import type { Topic } from '../log/port.ts'
import type { Topology } from '../streams/topology.ts'

/** All that the rows of views are a function of, besides the readings. */
export interface WhatDecides {
  readonly topologies: readonly Topology[]
  /** The topic of each event's readings, by the event's name. */
  readonly readingTopics: ReadonlyMap<string, Topic>
  /** What besides the plan decides about rows, by the event's name: the allowed lateness. */
  readonly settings: ReadonlyMap<string, string>
}

/** The settings that decide about rows, by the event's name. */
export function latenessSettings(minutesByEvent: ReadonlyMap<string, number>): Map<string, string> {
  return new Map([...minutesByEvent].map(([event, minutes]) => [event, `allowed lateness ${minutes}`]))
}

/** By view: the same for as long as its rows are the same function of the same topics of readings. */
export function viewFingerprints({ topologies, readingTopics, settings }: WhatDecides): Map<string, string> {
  const parts = new Map<string, string[][]>()
  for (const { view, event, fingerprint } of topologies) {
    const part = [event.name, fingerprint, settings.get(event.name) ?? '', readingTopics.get(event.name)?.id ?? '']
    parts.set(view.name, [...(parts.get(view.name) ?? []), part])
  }
  return new Map([...parts].map(([view, list]) => [view, digest(list)]))
}

function digest(parts: string[][]): string {
  parts.sort((a, b) => ((a[0] as string) < (b[0] as string) ? -1 : 1))
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16)
}
