import { WindrowError } from '../../core/errors.ts'
import type { EventType } from '../../events/event-type.ts'
import type { Topic } from '../../log/port.ts'
import type { Topology } from '../../streams/topology.ts'
import type { GenerationInput } from '../../views/views-current.ts'
import { byView, type LiveView } from '../live-views.ts'
import { type LostUntil, rebuiltRows } from './rebuilt-rows.ts'
import type { ReplayPlan } from './replay-plan.ts'

/** All that a process has to know to take part in building, as plain data: what it is told by the one that planned the replay. */
export interface BuildOrder {
  /** Its id. */
  readonly replay: string
  readonly views: readonly OrderedView[]
  /** By the event's name. */
  readonly inputs: ReadonlyMap<string, Topic>
  /** See ReplayPlan. */
  readonly from: number | null
  readonly lost: ReadonlyMap<string, LostUntil>
  /** Of readings, for this process. */
  readonly memoryBytes: number
}

export interface OrderedView extends Pick<LiveView, 'generation' | 'topic' | 'schemaId' | 'inputs'> {
  readonly view: string
  /** False where all rows are built, true where some are taken over. */
  readonly isPart: boolean
  /** Of the logic that makes the rows: whoever takes part has the same. */
  readonly topologies: readonly NamedLogic[]
}

interface NamedLogic {
  readonly name: string
  readonly fingerprint: string
}

export function buildOrder(
  { id, views, from, lost }: ReplayPlan,
  inputs: ReadonlyMap<string, Topic>,
  memoryBytes: number,
): BuildOrder {
  return {
    replay: id,
    views: views.map(({ topologies, target: { view, generation, topic, schemaId, inputs, isBuilt } }) => ({
      view: view.name,
      isPart: isBuilt !== undefined,
      topologies: logicOf(topologies),
      ...{ generation, topic, schemaId, inputs: inputs.map((input): GenerationInput => ({ ...input })) },
    })),
    inputs,
    from,
    lost,
    memoryBytes,
  }
}

/** An order with the logic of this process in it. */
export interface BuildJob {
  readonly order: BuildOrder
  readonly topologies: readonly Topology[]
  /** Those of the readings. */
  readonly events: readonly EventType[]
  /** Where the rows of each view go. */
  readonly targets: ReadonlyMap<string, LiveView>
}

/** What the order asks for, by the topologies that this process knows. WR_TOPOLOGY_REPLACED where they are not those that it names. */
export function jobOf(order: BuildOrder, known: readonly Topology[]): BuildJob {
  const { from, lost } = order
  const topologiesOf = byView(known)
  const targets = new Map<string, LiveView>()
  const topologies: Topology[] = []
  for (const { view: name, isPart, topologies: wanted, ...where } of order.views) {
    const own = topologiesOf.get(name) ?? []
    const view = own[0]?.view
    if (view === undefined || !isSameLogic(logicOf(own), wanted)) throw otherLogic(name)
    const isBuilt = isPart ? rebuiltRows({ view, topologies: own, from, lost }) : null
    targets.set(name, { view, ...where, ...(isBuilt ? { isBuilt } : {}) })
    topologies.push(...own)
  }
  return { order, topologies, events: [...new Set(topologies.map(({ event }) => event))], targets }
}

function logicOf(topologies: readonly Topology[]): NamedLogic[] {
  return topologies.map(({ name, fingerprint }) => ({ name, fingerprint }))
}

function isSameLogic(own: readonly NamedLogic[], wanted: readonly NamedLogic[]): boolean {
  return own.length === wanted.length && own.every(({ fingerprint }, i) => fingerprint === wanted[i]?.fingerprint)
}

function otherLogic(view: string): WindrowError {
  return new WindrowError('WR_TOPOLOGY_REPLACED', {
    message: `A process that was to help with the replay makes ${view} by other logic than the one that began it.`,
    remedy: 'The modules in WINDROW_MODULES or windrow itself changed meanwhile: run the replay again.',
    facts: { view },
  })
}
