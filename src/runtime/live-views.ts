import type { Clock } from '../core/clock.ts'
import { isWindrowError, WindrowError } from '../core/errors.ts'
import { RecordBlockBuilder } from '../core/record-block.ts'
import { readLatest } from '../log/latest-records.ts'
import type { ExclusiveWriter, Log, Topic } from '../log/port.ts'
import type { Topology } from '../streams/topology.ts'
import { rowSchema, rowSubject } from '../views/row-schema.ts'
import type { Cell, View } from '../views/view.ts'
import { viewTopicLost } from '../views/view-topic-lost.ts'
import {
  type CurrentView,
  firstGeneration,
  type Generation,
  type GenerationInput,
  VIEWS_CURRENT_TOPIC,
  viewsCurrent,
} from '../views/views-current.ts'
import { engineGroup } from './engine-group.ts'
import { viewFingerprints, type WhatDecides } from './fingerprints.ts'

/** A view with the topic of one of its generations. */
export interface LiveView {
  readonly view: View
  readonly generation: number
  readonly topic: Topic
  /** The registry's id of the view's row schema. */
  readonly schemaId: number
  /** What its rows stood at when it became current; empty where it has every reading from the first on. */
  readonly inputs: readonly GenerationInput[]
  /** The rows that are made of readings, where others are copied; all where nothing is said. */
  readonly isBuilt?: (partition: number, key: readonly Cell[]) => boolean
}

/** How long it is tried again to prepare the views. */
const PATIENCE_MS = 30_000

/** The topic of a generation of a view. */
export function viewTopicName(view: string, generation: number): string {
  return `views.${view}.g${generation}`
}

/** What `views.current` says of every view. */
export function currentViews(log: Log): Promise<Map<string, CurrentView>> {
  return readLatest(log, viewsCurrent)
}

export interface EnsureViewsOptions extends WhatDecides {
  readonly log: Log
  readonly clock: Clock
}

export interface EnsuredViews {
  /** Those that the topologies make. */
  readonly views: ReadonlyMap<string, LiveView>
  /** Which generation is current of those that they do not make. */
  readonly others: ReadonlyMap<string, number>
}

/** After these another try may succeed: another process is preparing the same views, or the right to do so ended with a broker. */
const MAY_PASS: ReadonlySet<string> = new Set(['WR_WRITER_HELD', 'WR_FENCED', 'WR_COMMIT_UNKNOWN'])

/**
 * Makes sure that every view has a current generation made by the present logic. WR_TOPOLOGY_CHANGED where the logic is
 * another than the one that made the rows, WR_VIEW_NEW where readings were processed before the view was there.
 */
export async function ensureViews(options: EnsureViewsOptions): Promise<EnsuredViews> {
  const { log } = options
  return changeCurrentViews(log, options.clock, async (current, say) => {
    const fingerprints = viewFingerprints(options)
    const views = byView(options.topologies)
    const isChanged = (name: string): boolean =>
      (current.get(name)?.fingerprint ?? fingerprints.get(name)) !== fingerprints.get(name)
    const changed = [...views.keys()].filter(isChanged)
    if (changed.length > 0) throw changedViews(changed)
    await refuseLateViews(
      options,
      [...views].filter(([name]) => !current.has(name)),
    )
    const live = new Map<string, LiveView>()
    for (const [name, topologies] of views) {
      const { view } = topologies[0] as Topology
      const known = current.get(name)
      const fingerprint = fingerprints.get(name) as string
      live.set(
        name,
        known === undefined ? await firstOf(options, topologies, fingerprint, say) : await liveView(log, view, known),
      )
    }
    const others = [...current].filter(([name]) => !views.has(name))
    return { views: live, others: new Map(others.map(([name, { generation }]) => [name, generation])) }
  })
}

/** Tells what is current of a view from now on; a no to all of them or a yes to all. */
type Say = (records: readonly CurrentView[]) => Promise<void>

/** Lets one process at a time look at `views.current` and change it. Tries again while another does the same. */
export async function changeCurrentViews<T>(
  log: Log,
  clock: Clock,
  change: (current: ReadonlyMap<string, CurrentView>, say: Say) => Promise<T>,
): Promise<T> {
  const topic = await log.ensureTopic({ name: VIEWS_CURRENT_TOPIC, partitions: 1, cleanup: 'compact' })
  const schemaId = await log.registry.register(`${VIEWS_CURRENT_TOPIC}-value`, viewsCurrent.records.schema)
  const deadline = clock.monotonic() + PATIENCE_MS
  for (;;) {
    try {
      const writer = await log.exclusiveWriter(VIEWS_CURRENT_TOPIC)
      try {
        return await change(await currentViews(log), (records) => write(writer, topic, schemaId, records))
      } finally {
        await writer.close()
      }
    } catch (error) {
      if (!isWindrowError(error) || !MAY_PASS.has(error.code) || clock.monotonic() > deadline) throw error
      await clock.sleep(50)
    }
  }
}

async function write(writer: ExclusiveWriter, topic: Topic, schemaId: number, records: readonly CurrentView[]): Promise<void> {
  const block = new RecordBlockBuilder()
  for (const record of records) block.add(record.view, viewsCurrent.records.encode(record, schemaId))
  await writer.commit([{ topic, partition: 0, block: block.build() }])
}

async function firstOf(
  { log, readingTopics, clock }: EnsureViewsOptions,
  topologies: readonly Topology[],
  fingerprint: string,
  say: Say,
): Promise<LiveView> {
  const { view } = topologies[0] as Topology
  const partitions = partitionsOf(topologies, readingTopics)
  const topic = await log.ensureTopic({ name: viewTopicName(view.name, 1), partitions, cleanup: 'compact' })
  const schemaId = await registerRows(log, view)
  await say([firstGeneration(view.name, topic, fingerprint, clock.now())])
  return { view, generation: 1, topic, schemaId, inputs: [] }
}

/** A generation that `views.current` names, ready to be written. WR_VIEW_TOPIC_LOST where its topic is not there. */
export async function liveView(log: Log, view: View, current: Generation): Promise<LiveView> {
  const topic = await log.findTopic(current.topic)
  if (topic === null || topic.id !== current.topicId) throw viewTopicLost(view.name, current.topic)
  const { generation, inputs } = current
  return { view, generation, topic, schemaId: await registerRows(log, view), inputs }
}

/** Gives the registry's id of the schema of a view's rows. */
export function registerRows(log: Log, view: View): Promise<number> {
  return log.registry.register(rowSubject(view), rowSchema(view))
}

/** As many as the topic of readings that has the most: a task writes to the partition of its own number. */
export function partitionsOf(topologies: readonly Topology[], readingTopics: ReadonlyMap<string, Topic>): number {
  return Math.max(...topologies.map(({ event }) => (readingTopics.get(event.name) as Topic).partitions))
}

/** A view that begins after readings were processed would miss them. */
async function refuseLateViews(
  { log, readingTopics }: EnsureViewsOptions,
  added: ReadonlyArray<[string, Topology[]]>,
): Promise<void> {
  const processed = new Map<Topic, Promise<boolean>>()
  const isProcessed = (topic: Topic): Promise<boolean> => {
    const known = processed.get(topic) ?? hasProgress(log, topic)
    processed.set(topic, known)
    return known
  }
  const late = new Map<string, string>()
  for (const [view, topologies] of added) {
    for (const { event } of topologies) {
      const topic = readingTopics.get(event.name) as Topic
      if (await isProcessed(topic)) late.set(view, topic.name)
    }
  }
  if (late.size === 0) return
  const views = [...late.keys()]
  throw new WindrowError('WR_VIEW_NEW', {
    message: `New to this log: ${views.join(', ')}; but ${[...new Set(late.values())].join(', ')} has been processed without.`,
    remedy: `Run \`windrow replay ${views.join(' ')}\`: it is filled from the log, while whatever runs goes on.`,
    kind: 'usage',
    facts: { views },
  })
}

async function hasProgress(log: Log, topic: Topic): Promise<boolean> {
  return (await log.groupProgress(engineGroup(topic.name), topic)).some(({ offset }) => offset > 0)
}

/** The topologies that make each view. */
export function byView(topologies: readonly Topology[]): Map<string, Topology[]> {
  const grouped = new Map<string, Topology[]>()
  for (const topology of topologies) {
    const list = grouped.get(topology.view.name)
    if (list === undefined) grouped.set(topology.view.name, [topology])
    else list.push(topology)
  }
  return grouped
}

function changedViews(views: readonly string[]): WindrowError {
  return new WindrowError('WR_TOPOLOGY_CHANGED', {
    message: `Made by other logic than the present one, or of another topic of readings: the rows of ${views.join(', ')}.`,
    remedy: `Run \`windrow replay ${views.join(' ')}\`: the rows are built anew beside the old ones, which serve until then. Or start the version that made them.`,
    kind: 'usage',
    facts: { views },
  })
}
