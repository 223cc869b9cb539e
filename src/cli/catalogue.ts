import type { Config } from '../config/load-config.ts'
import { WindrowError } from '../core/errors.ts'
import { airReadings } from '../events/air.ts'
import { energyReadings } from '../events/energy.ts'
import type { EventType } from '../events/event-type.ts'
import { weatherReadings } from '../events/weather.ts'
import { builtInTopologies } from '../streams/topologies/index.ts'
import type { Topology } from '../streams/topology.ts'
import type { View } from '../views/view.ts'
import { loadModules } from './load-modules.ts'

/** Everything that this process knows: what windrow comes with, then what the user's modules add. */
export interface Catalogue {
  readonly events: readonly EventType[]
  readonly topologies: readonly Topology[]
  readonly views: readonly View[]
  /** The topic of an event's readings, as configured. */
  topicOf(event: EventType): string
  /** Throws WR_VIEW_UNKNOWN, naming those there are. */
  viewNamed(name: string): View
  /** Each once, or all where none is named. Throws WR_VIEW_UNKNOWN. */
  viewsNamed(names: readonly string[]): readonly View[]
}

/** Loads the user's modules and puts them beside the built-in ones. Throws WR_MODULE_… when one cannot be used. */
export async function loadCatalogue(config: Config): Promise<Catalogue> {
  const modules = await loadModules(config.modules)
  const events = [
    weatherReadings,
    energyReadings,
    airReadings,
    ...modules.flatMap((module) => module.events),
  ] as readonly EventType[]
  const topologies = [...builtInTopologies, ...modules.flatMap((module) => module.topologies)]
  const views = [...new Set(topologies.map(({ view }) => view))]
  refuseTwins('event', events)
  refuseTwins('topology', topologies)
  refuseTwins('view', views)
  const topics = new Map<string, string>([
    [weatherReadings.name, config.weatherTopic],
    [energyReadings.name, config.energyTopic],
    [airReadings.name, config.airTopic],
  ])
  const topicOf = (event: EventType): string => topics.get(event.name) ?? event.defaultTopic
  refuseTwins(
    'topic',
    events.map((event) => ({ name: topicOf(event) })),
  )
  const stray = topologies.find(({ event }) => !events.some(({ name }) => name === event.name))
  if (stray !== undefined)
    throw conflict(`The topology ${stray.name} reads the event ${stray.event.name}, which no module exports.`)
  const viewNamed = (name: string): View => {
    const view = views.find((each) => each.name === name)
    if (view === undefined) throw unknownView(name, views)
    return view
  }
  return {
    events,
    topologies,
    views,
    topicOf,
    viewNamed,
    viewsNamed: (names) => (names.length === 0 ? views : [...new Set(names.map(viewNamed))]),
  }
}

function unknownView(name: string, views: readonly View[]): WindrowError {
  return new WindrowError('WR_VIEW_UNKNOWN', {
    message: `There is no view called ${JSON.stringify(name)}.`,
    remedy: `Use one of ${views.map((each) => each.name).join(', ')}.`,
    kind: 'usage',
    facts: { view: name },
  })
}

function refuseTwins(what: string, items: ReadonlyArray<{ readonly name: string }>): void {
  const seen = new Set<string>()
  for (const { name } of items) {
    if (seen.has(name)) throw conflict(`There are two ${what} declarations called ${name}.`)
    seen.add(name)
  }
}

function conflict(message: string): WindrowError {
  return new WindrowError('WR_MODULE_CONFLICT', {
    message,
    remedy:
      'Look at the modules in WINDROW_MODULES: every event, topology, view and topic needs a name of its own, and an event that is read is exported.',
    kind: 'usage',
  })
}
