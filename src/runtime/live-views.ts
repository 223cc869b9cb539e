import { createHash } from 'node:crypto'
import type { Clock } from '../core/clock.ts'
import { isWindrowError, WindrowError } from '../core/errors.ts'
import { keyText, RecordBlockBuilder, valueBytes } from '../core/record-block.ts'
import type { ExclusiveWriter, Log, Topic } from '../log/port.ts'
import type { Topology } from '../streams/topology.ts'
import { rowSchema } from '../views/row-schema.ts'
import type { View } from '../views/view.ts'
import {
  type CurrentView,
  currentViewSchema,
  decodeCurrentView,
  encodeCurrentView,
  VIEWS_CURRENT_TOPIC,
} from '../views/views-current.ts'

/** A view with the topic of its current generation. */
export interface LiveView {
  readonly view: View
  readonly generation: number
  readonly topic: Topic
  /** The registry's id of the view's row schema. */
  readonly schemaId: number
}

/** How long it is tried again to prepare the views. */
const PATIENCE_MS = 30_000

/** The group that runs the topologies of a reading topic. */
export function engineGroup(topicName: string): string {
  return `engine.${topicName}`
}

/** The topic of a generation of a view. */
export function viewTopicName(view: string, generation: number): string {
  return `views.${view}.g${generation}`
}

/** What `views.current` says of every view. */
export async function currentViews(log: Log): Promise<Map<string, CurrentView>> {
  const current = new Map<string, CurrentView>()
  const topic = await log.findTopic(VIEWS_CURRENT_TOPIC)
  if (topic === null) return current
  const reader = log.reader(topic, 0)
  try {
    for (let batch = await reader.next(); batch !== null; batch = await reader.next()) {
      for (let i = 0; i < batch.count; i++) {
        const value = valueBytes(batch, i)
        if (value === null) current.delete(keyText(batch, i))
        else current.set(keyText(batch, i), await decodeCurrentView(value, (id) => log.registry.schemaById(id)))
      }
    }
  } finally {
    await reader.close()
  }
  return current
}

export interface EnsureViewsOptions {
  readonly log: Log
  readonly clock: Clock
  readonly topologies: readonly Topology[]
  /** The topic of each event's readings, by the event's name. */
  readonly readingTopics: ReadonlyMap<string, Topic>
  /** What besides the plan decides about rows, by the event's name: the allowed lateness. */
  readonly settings: ReadonlyMap<string, string>
}

/** After these another try may succeed: another process is preparing the same views, or the right to do so ended with a broker. */
const MAY_PASS: ReadonlySet<string> = new Set(['WR_WRITER_HELD', 'WR_FENCED', 'WR_COMMIT_UNKNOWN'])

/**
 * Makes sure that every view has a current generation made by the present logic. WR_TOPOLOGY_CHANGED where the logic is
 * another than the one that made the rows, WR_VIEW_NEW where readings were processed before the view was there.
 */
export async function ensureViews(options: EnsureViewsOptions): Promise<Map<string, LiveView>> {
  const { log, clock } = options
  const topic = await log.ensureTopic({ name: VIEWS_CURRENT_TOPIC, partitions: 1, cleanup: 'compact' })
  const deadline = clock.monotonic() + PATIENCE_MS
  for (;;) {
    try {
      return await ensureOnce(options, topic)
    } catch (error) {
      if (!isWindrowError(error) || !MAY_PASS.has(error.code) || clock.monotonic() > deadline) throw error
      await clock.sleep(50)
    }
  }
}

async function ensureOnce(options: EnsureViewsOptions, topic: Topic): Promise<Map<string, LiveView>> {
  const { log } = options
  const writer = await log.exclusiveWriter(VIEWS_CURRENT_TOPIC)
  try {
    const current = await currentViews(log)
    const live = new Map<string, LiveView>()
    for (const [name, topologies] of byView(options.topologies)) {
      live.set(name, await ensureView(options, name, topologies, current.get(name), topic, writer))
    }
    return live
  } finally {
    await writer.close()
  }
}

async function ensureView(
  options: EnsureViewsOptions,
  name: string,
  topologies: readonly Topology[],
  current: CurrentView | undefined,
  currentTopic: Topic,
  writer: ExclusiveWriter,
): Promise<LiveView> {
  const { log, readingTopics } = options
  const view = (topologies[0] as Topology).view
  const fingerprint = fingerprintOf(options, topologies)
  const schemaId = await log.registry.register(`views.${name}-value`, rowSchema(view))
  const partitions = Math.max(...topologies.map(({ event }) => (readingTopics.get(event.name) as Topic).partitions))
  if (current !== undefined) {
    if (current.fingerprint !== fingerprint) throw changed(name)
    const topic = await log.findTopic(current.topic)
    if (topic === null || topic.id !== current.topicId) throw lost(name, current.topic)
    return { view, generation: current.generation, topic, schemaId }
  }
  for (const { event } of topologies) await refuseIfProcessed(log, name, readingTopics.get(event.name) as Topic)
  const topic = await log.ensureTopic({ name: viewTopicName(name, 1), partitions, cleanup: 'compact' })
  const schema = await log.registry.register(`${VIEWS_CURRENT_TOPIC}-value`, currentViewSchema)
  const block = new RecordBlockBuilder()
  const endOffsets = new Array<number>(partitions).fill(0)
  block.add(
    name,
    encodeCurrentView({ view: name, generation: 1, topic: topic.name, topicId: topic.id, fingerprint, endOffsets }, schema),
  )
  await writer.commit([{ topic: currentTopic, partition: 0, block: block.build() }])
  return { view, generation: 1, topic, schemaId }
}

/** A view that begins after readings were processed would miss them. */
async function refuseIfProcessed(log: Log, view: string, readings: Topic): Promise<void> {
  const progress = await log.groupProgress(engineGroup(readings.name), readings)
  if (progress.every(({ offset }) => offset === 0)) return
  throw new WindrowError('WR_VIEW_NEW', {
    message: `The view ${view} is new, but ${readings.name} has been processed without it.`,
    remedy: 'Run `windrow reset --views`: all views are then built anew from the log.',
    kind: 'usage',
    facts: { view, topic: readings.name },
  })
}

function byView(topologies: readonly Topology[]): Map<string, Topology[]> {
  const grouped = new Map<string, Topology[]>()
  for (const topology of topologies) {
    const list = grouped.get(topology.view.name)
    if (list === undefined) grouped.set(topology.view.name, [topology])
    else list.push(topology)
  }
  return grouped
}

/** The same for as long as the rows are the same function of the same topics of readings. */
function fingerprintOf({ settings, readingTopics }: EnsureViewsOptions, topologies: readonly Topology[]): string {
  const parts = topologies.map(({ event, fingerprint }) => [
    event.name,
    fingerprint,
    settings.get(event.name) ?? '',
    readingTopics.get(event.name)?.id ?? '',
  ])
  parts.sort((a, b) => ((a[0] as string) < (b[0] as string) ? -1 : 1))
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16)
}

function changed(view: string): WindrowError {
  return new WindrowError('WR_TOPOLOGY_CHANGED', {
    message: `The rows of the view ${view} were made by another logic than the present one, or of another topic of readings.`,
    remedy: 'Run `windrow reset --views`: all views are then built anew from the log. Or start the version that made them.',
    kind: 'usage',
    facts: { view },
  })
}

function lost(view: string, topic: string): WindrowError {
  return new WindrowError('WR_VIEW_TOPIC_LOST', {
    message: `The topic ${topic} with the rows of the view ${view} is gone, or is another one of the same name.`,
    remedy: 'Run `windrow reset --views`: all views are then built anew from the log.',
    facts: { view, topic },
  })
}
