import type { ApiPorts, PublishedView, StationInfo, WhyReport } from '../../api/ports.ts'
import type { Clock } from '../../core/clock.ts'
import type { Explanation } from '../../runtime/why.ts'
import type { SqlClient } from '../../sinks/postgres/sql-client.ts'
import { stationsView } from '../../views/stations.ts'
import type { Cell, View } from '../../views/view.ts'
import type { Catalogue } from '../catalogue.ts'
import { describeDeadLetter, listDeadLetters } from '../dead-letters.ts'
import { explain } from '../explain.ts'
import type { BackgroundReplays } from '../replay/background-replays.ts'
import { listReplays } from '../replay/list-replays.ts'
import { retryDeadLetters } from '../retry-dead-letters.ts'
import type { Session } from '../session.ts'
import { queryView } from './query-view.ts'
import { streamView } from './stream-view.ts'

export interface ApiPartsOptions {
  readonly session: Session
  readonly sql: SqlClient
  readonly clock: Clock
  readonly health: ApiPorts['health']
  readonly ready: ApiPorts['ready']
  readonly replays: BackgroundReplays
}

/** Where the Postgres sink has its tables. */
const VIEWS_SCHEMA = 'public'
/** How many readings a `why` lists. */
const MOST_READINGS = 5_000

/** Everything that the API is handed: rows from Postgres, changes and explanations from the log. */
export function apiPorts({ session, sql, clock, health, ready, replays }: ApiPartsOptions): ApiPorts {
  const { log, catalogue, topicOfView } = session
  return {
    views: publishedViews(catalogue),
    queryView: (query) => queryView(sql, VIEWS_SCHEMA, query),
    streamView: (request) => streamView({ log, clock, topicOfView }, request),
    why: async (view, key) => whyReport(view, await explain(session, view, key)),
    stations: () => stations(sql),
    health,
    ready,
    deadLetters: async (query) => (await listDeadLetters(log, query)).map(describeDeadLetter),
    retryDeadLetters: (selection) => retryDeadLetters(log, catalogue, selection),
    replays: () => listReplays(log, clock),
    startReplay: (request) => replays.start(request),
    schemaRegistry: log.registry,
  }
}

function publishedViews({ topologies, views }: Catalogue): readonly PublishedView[] {
  return views.map((view) => {
    const kinds = new Set(topologies.filter((topology) => topology.view === view).map(({ event }) => event.name))
    return { view, kind: kinds.size === 1 ? ([...kinds][0] as string) : null, stores: view.stores }
  })
}

async function stations(sql: SqlClient): Promise<readonly StationInfo[]> {
  const found: StationInfo[] = []
  const query = { view: stationsView, conditions: [], order: stationsView.key, descending: false, after: null, limit: null }
  for await (const page of queryView(sql, VIEWS_SCHEMA, query)) found.push(...page.map(stationInfo))
  return found
}

function stationInfo(cells: readonly Cell[]): StationInfo {
  const row = Object.fromEntries(stationsView.columns.map(({ name }, i) => [name, cells[i] ?? null]))
  return {
    kind: String(row.kind),
    stationId: String(row.stationId),
    city: row.city as string | null,
    country: row.country as string | null,
    latitude: row.latitude as number | null,
    longitude: row.longitude as number | null,
    timeZone: String(row.timeZone),
    intervalMinutes: Number(row.intervalMinutes),
    firstReadingAt: Number(row.firstReading),
    lastReadingAt: Number(row.lastReading),
  }
}

const fates = {
  current: 'current',
  superseded: 'superseded',
  stale: 'stale',
  duplicate: 'duplicate',
  tooLate: 'too_late',
} as const

function whyReport(view: View, found: Explanation | null): WhyReport {
  const cell = (name: string): Cell => found?.row?.[view.columns.findIndex((column) => column.name === name)] ?? null
  const readings = found?.readings ?? []
  const n = cell('n')
  return {
    row: found?.row ?? null,
    window: found?.window ?? null,
    complete: found?.complete ?? false,
    waitingFor: found?.waitingFor ?? null,
    watermarkAt: found?.watermarkAt ?? null,
    n: typeof n === 'number' ? n : readings.filter(({ fate }) => fate === 'current').length,
    expected: cell('expected') as number | null,
    coverage: cell('coverage') as number | null,
    readings: readings.slice(0, MOST_READINGS).map((reading) => ({ ...reading, fate: fates[reading.fate] })),
    truncated: readings.length > MOST_READINGS,
  }
}
