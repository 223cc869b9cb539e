import { WindrowError } from '../../core/errors.ts'
import type { EventType } from '../../events/event-type.ts'
import { type WhoPublished, whoPublished } from '../../producers/who-published.ts'
import type { Session } from '../session.ts'
import type { ConfiguredStation } from './configured-stations.ts'
import { kindsOf } from './open-sources.ts'
import { isOfOneSource } from './unique-ids.ts'

const SIMULATOR = 'simulator'

/**
 * Refuses stations whose readings would stand beside made-up ones (WR_SIMULATED_READINGS, unless WINDROW_KEEP_SIMULATED says to keep both),
 * and a station that another API has published (WR_STATION_TAKEN): each would revise what the other says.
 */
export async function refuseMixing(session: Session, stations: readonly ConfiguredStation[]): Promise<void> {
  const who = await whoPublished(session.log, await session.state())
  if (who === null) return
  const events = [...new Set(stations.flatMap(({ kind }) => kind.events))]
  const ids = await topicIds(session, events)
  if (session.config.keepSimulated === 'false' && who.hasPublished(SIMULATOR, [...ids.values()])) throw simulatedReadings(session)
  const apis = kindsOf(session.config).map(({ name }) => name)
  for (const { kind, station } of stations) {
    for (const event of kind.events) {
      if (isOfOneSource(event)) refuseTaken(who, kind.name, apis, ids.get(event) ?? null, station.id)
    }
  }
}

/** True where an API has published into the log: made-up readings do not belong beside those. */
export async function hasRealReadings(session: Session): Promise<boolean> {
  const who = await whoPublished(session.log, await session.state())
  const kinds = kindsOf(session.config)
  const ids = await topicIds(session, [...new Set(kinds.flatMap(({ events }) => events))])
  return who !== null && kinds.some(({ name }) => who.hasPublished(name, [...ids.values()]))
}

/** Refuses the simulator in a log that has real readings. WR_REAL_READINGS. */
export async function refuseSimulating(session: Session): Promise<void> {
  if (session.config.keepSimulated === 'true' || !(await hasRealReadings(session))) return
  throw new WindrowError('WR_REAL_READINGS', {
    message: 'This log has readings of real stations, and the simulator would put made-up ones (sim-…) beside them.',
    remedy:
      'Simulate in another data folder (WINDROW_DATA_DIR=./data-simulated), or set WINDROW_KEEP_SIMULATED=true to have both.',
    kind: 'usage',
  })
}

/** By event: the id of its topic, where there is one. */
async function topicIds({ log, catalogue }: Session, events: readonly EventType[]): Promise<Map<EventType, string>> {
  const ids = new Map<EventType, string>()
  for (const event of events) {
    const topic = await log.findTopic(catalogue.topicOf(event))
    if (topic !== null) ids.set(event, topic.id)
  }
  return ids
}

function simulatedReadings({ config }: Session): WindrowError {
  const fresh =
    config.kafkaBrokers.length > 0
      ? 'use other topics (WINDROW_TOPIC_WEATHER and so on)'
      : 'use a fresh data folder (WINDROW_DATA_DIR=./data-real), or empty this one with `windrow reset --all`'
  return new WindrowError('WR_SIMULATED_READINGS', {
    message: 'This log has simulated readings (sim-…), and those of real stations would stand beside them in every view.',
    remedy: `For real readings alone ${fresh}. To keep both set WINDROW_KEEP_SIMULATED=true.`,
    kind: 'usage',
  })
}

function refuseTaken(who: WhoPublished, source: string, apis: readonly string[], topicId: string | null, station: string): void {
  const [other] = topicId === null ? [] : who.others(source, apis, topicId, station)
  if (other === undefined) return
  throw new WindrowError('WR_STATION_TAKEN', {
    message: `${other} has published readings of ${station}, which ${source} would revise with its own.`,
    remedy: `Give the station of ${source} an id of its own in windrow.config.json, or go on with ${other}.`,
    kind: 'usage',
    facts: { source, other, station },
  })
}
