import { randomUUID } from 'node:crypto'
import { WindrowError } from '../../core/errors.ts'
import { endsOf } from '../../log/ends-of.ts'
import type { Log, Topic } from '../../log/port.ts'
import type { Topology } from '../../streams/topology.ts'
import type { CurrentView } from '../../views/views-current.ts'
import type { ViewReplay } from '../../views/views-replays.ts'
import { viewFingerprints, type WhatDecides } from '../fingerprints.ts'
import { byView, currentViews, type LiveView, liveView, partitionsOf, registerRows, viewTopicName } from '../live-views.ts'
import { type LostUntil, lostUntil, rebuiltRows } from './rebuilt-rows.ts'
import { groupsOf, topicOfGroup } from './replay-groups.ts'

/** What a replay builds, and in place of what. */
export interface PlannedView {
  readonly topologies: readonly Topology[]
  readonly fingerprint: string
  /** Where the rows go. */
  readonly target: LiveView
  /** What is current now; null: nothing is, the view is new. */
  readonly current: CurrentView | null
}

export interface ReplayPlan {
  readonly id: string
  /** What the tasks answer that stand still for it: tasks that stood still for one that was cut short do so again. */
  readonly request: string
  /** True when an earlier replay of the same was cut short, and this one goes on with it. */
  readonly resumed: boolean
  readonly startedAt: number
  readonly from: number | null
  readonly rollback: boolean
  /** By event: what the topics of readings have lost. */
  readonly lost: ReadonlyMap<string, LostUntil>
  readonly views: readonly PlannedView[]
}

export interface PlanOptions extends WhatDecides {
  readonly log: Log
  /** Names of the views. */
  readonly views: readonly string[]
  /** Back to the generations before. */
  readonly rollback: boolean
  /** Rows of windows that end before are taken over as they are (ms since the epoch); null: all rows are built. */
  readonly from: number | null
  readonly before: ReadonlyMap<string, ViewReplay>
  readonly now: number
}

/** Decides on the generations, and makes their topics. */
export async function planReplay(options: PlanOptions): Promise<ReplayPlan> {
  const { log, views, rollback, now } = options
  const current = await currentViews(log)
  const fingerprints = viewFingerprints(options)
  const unfinished = await stillThere(log, unfinishedReplay(options, current, fingerprints))
  const topologies = byView(options.topologies)
  const lost = await lostReadings(options)
  const planned: PlannedView[] = []
  for (const name of views) {
    const of = topologies.get(name) as Topology[]
    const fingerprint = fingerprints.get(name) as string
    const was = current.get(name) ?? null
    const target = rollback
      ? await generationBefore(log, of, was, fingerprint)
      : await nextGeneration(options, of, was, unfinished?.get(name) ?? null)
    const isBuilt =
      rollback || !(await hasRows(log, was)) ? null : rebuiltRows({ view: target.view, topologies: of, from: options.from, lost })
    planned.push({ topologies: of, fingerprint, target: isBuilt ? { ...target, isBuilt } : target, current: was })
  }
  const [first] = unfinished?.values() ?? []
  const isSame =
    first !== undefined && planned.every(({ target }) => target.topic.id === unfinished?.get(target.view.name)?.topicId)
  return {
    id: isSame ? first.id : randomUUID(),
    request: randomUUID(),
    resumed: isSame,
    startedAt: isSame ? first.startedAt : now,
    from: options.from,
    rollback,
    lost,
    views: planned,
  }
}

/** False where there is nothing that could be taken over, so that all rows have to be built. */
async function hasRows(log: Log, current: CurrentView | null): Promise<boolean> {
  return current !== null && (await log.findTopic(current.topic))?.id === current.topicId
}

/** By event: what the topics of readings have lost. */
async function lostReadings({ log, topologies, views, readingTopics }: PlanOptions): Promise<Map<string, LostUntil>> {
  const lost = new Map<string, LostUntil>()
  for (const { event, view } of topologies) {
    if (lost.has(event.name) || !views.includes(view.name)) continue
    lost.set(event.name, await lostUntil(log, readingTopics.get(event.name) as Topic))
  }
  return lost
}

/** What the last replay left, by view, if it was to build the same by the same logic. */
function unfinishedReplay(
  { views, before, rollback, from }: PlanOptions,
  current: ReadonlyMap<string, CurrentView>,
  fingerprints: ReadonlyMap<string, string>,
): ReadonlyMap<string, ViewReplay> | null {
  const id = before.get(views[0] as string)?.id
  const left = [...before.values()].filter((replay) => replay.id === id)
  const isTheSame = left.length === views.length && left.every(({ view }) => views.includes(view))
  const goesOn = left.every(
    ({ view, state, fingerprint, generation, ...was }) =>
      was.from === from &&
      was.rollback === rollback &&
      (state === 'building' || state === 'handover') &&
      fingerprint === fingerprints.get(view) &&
      generation === (rollback ? current.get(view)?.previous?.generation : nextNumber(current.get(view) ?? null)),
  )
  return isTheSame && goesOn ? new Map(left.map((replay) => [replay.view, replay])) : null
}

/**
 * The same, if all that it has made is there. One whose generation was deleted begins anew, and so does one whose progress is forgotten (brokers
 * do that after some days): rows that are made again do not take back others that were made before.
 */
async function stillThere(
  log: Log,
  unfinished: ReadonlyMap<string, ViewReplay> | null,
): Promise<ReadonlyMap<string, ViewReplay> | null> {
  for (const replay of unfinished?.values() ?? []) {
    const topic = await log.findTopic(replay.topic)
    if (topic?.id !== replay.topicId) return null
    const rows = await endsOf(log, topic)
    for (const group of groupsOf(replay)) {
      const readings = await topicOfGroup(log, group)
      if (readings === null) return null
      const known = new Set((await log.groupProgress(group, readings)).map(({ partition }) => partition))
      const read = await endsOf(log, readings)
      if (!replay.rollback && read.some((end, p) => end > 0 && (rows[p] ?? 0) > 0 && !known.has(p))) return null
    }
  }
  return unfinished
}

/** A new view's first generation that was built beside is the second: the first would have had every reading from the beginning. */
function nextNumber(current: CurrentView | null): number {
  return Math.max(1, current?.generation ?? 0, current?.previous?.generation ?? 0) + 1
}

async function nextGeneration(
  { log, readingTopics }: PlanOptions,
  topologies: readonly Topology[],
  current: CurrentView | null,
  unfinished: ViewReplay | null,
): Promise<LiveView> {
  const { view } = topologies[0] as Topology
  const generation = nextNumber(current)
  const name = viewTopicName(view.name, generation)
  const there = await log.findTopic(name)
  // What another replay left half built.
  if (there !== null && there.id !== unfinished?.topicId) await log.deleteTopic(name)
  const topic = await log.ensureTopic({ name, partitions: partitionsOf(topologies, readingTopics), cleanup: 'compact' })
  return { view, generation, topic, schemaId: await registerRows(log, view), inputs: [] }
}

async function generationBefore(
  log: Log,
  topologies: readonly Topology[],
  current: CurrentView | null,
  fingerprint: string,
): Promise<LiveView> {
  const { view } = topologies[0] as Topology
  const previous = current?.previous ?? null
  // It may have been deleted since.
  if (previous === null || (await log.findTopic(previous.topic))?.id !== previous.topicId) {
    throw new WindrowError('WR_ROLLBACK_NONE', {
      message: `There is no generation of ${view.name} to go back to.`,
      remedy: `\`windrow replay ${view.name}\` builds it anew by the present logic.`,
      kind: 'usage',
      facts: { view: view.name },
    })
  }
  if (previous.fingerprint !== fingerprint) {
    throw new WindrowError('WR_ROLLBACK_LOGIC', {
      message: `Generation ${previous.generation} of ${view.name} was made by other logic than the present one, so it cannot be brought up to date.`,
      remedy: 'Start the version of windrow (or of the modules) that made it, and roll back with that.',
      kind: 'usage',
      facts: { view: view.name, generation: previous.generation },
    })
  }
  return liveView(log, view, previous)
}

/** The topics of readings that the views are made of. */
export function inputsOf(views: readonly PlannedView[], readingTopics: ReadonlyMap<string, Topic>): Map<string, Topic> {
  const inputs = new Map<string, Topic>()
  for (const { topologies } of views) {
    for (const { event } of topologies) inputs.set(event.name, readingTopics.get(event.name) as Topic)
  }
  return inputs
}
