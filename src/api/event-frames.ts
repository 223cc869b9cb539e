import { canonicalKey } from '../views/row-key.ts'
import type { View } from '../views/view.ts'
import { objectWriter } from './cell-text.ts'
import { mergeBatches } from './merge-batches.ts'
import type { ApiPorts, StreamBatch, StreamRow } from './ports.ts'
import { stationColumn } from './view-query.ts'

export interface EventStreamRequest {
  readonly views: readonly View[]
  /** Only rows of these stations, null for all. */
  readonly stations: ReadonlySet<string> | null
  /** What the client had last, by view. */
  readonly positions: ReadonlyMap<string, string>
  readonly heartbeatMs: number
  readonly signal: AbortSignal
}

/** How long a client waits before it connects again. */
const RETRY_MS = 2000

/** The id of an event: how far each view has come, as a query string. */
export function positionsText(positions: ReadonlyMap<string, string>): string {
  return new URLSearchParams([...positions]).toString()
}

export function parsePositions(text: string | undefined): Map<string, string> {
  return new Map(new URLSearchParams(text ?? ''))
}

interface ViewBatch {
  readonly view: View
  readonly batch: StreamBatch
}

async function* ofView(view: View, batches: AsyncIterable<StreamBatch>): AsyncGenerator<ViewBatch> {
  for await (const batch of batches) yield { view, batch }
}

function rowsOfStations(view: View, rows: readonly StreamRow[], stations: ReadonlySet<string> | null): readonly StreamRow[] {
  const column = stationColumn(view)
  const index = column === undefined ? -1 : view.key.indexOf(column)
  return stations === null || index < 0 ? rows : rows.filter(({ key }) => stations.has(String(key[index])))
}

function dataOf(view: View, rows: readonly StreamRow[]): string {
  const write = objectWriter(view.columns)
  const texts = rows.map(({ key, cells }) => `{"key":${canonicalKey(view, key)},"row":${cells === null ? 'null' : write(cells)}}`)
  return `{"view":${JSON.stringify(view.name)},"rows":[${texts.join(',')}]}`
}

function frame(event: 'rows' | 'reset' | 'heartbeat', data: string, id: string | null): string {
  return `event: ${event}\n${id === null ? '' : `id: ${id}\n`}data: ${data}\n\n`
}

/**
 * Server-sent events of some views: `rows` with {view, rows: [{key, row}]} (row null where it is gone), `reset` with {view} when the client has
 * to read the view again, `heartbeat` while nothing happens. Every event's id says how far each view has come.
 */
export async function* eventFrames(ports: Pick<ApiPorts, 'streamView'>, request: EventStreamRequest): AsyncGenerator<string> {
  const { views, stations, heartbeatMs, signal } = request
  const positions = new Map(request.positions)
  const sources = views.map((view) => ofView(view, ports.streamView({ view, after: positions.get(view.name) ?? null, signal })))
  yield `retry: ${RETRY_MS}\n\n`
  for await (const next of mergeBatches(sources, heartbeatMs, signal)) {
    if (next === null) {
      yield frame('heartbeat', '{}', null)
      continue
    }
    const { view, batch } = next
    positions.set(view.name, batch.position)
    if (batch.type === 'reset') {
      yield frame('reset', JSON.stringify({ view: view.name }), positionsText(positions))
      continue
    }
    const rows = rowsOfStations(view, batch.rows, stations)
    if (rows.length > 0) yield frame('rows', dataOf(view, rows), positionsText(positions))
  }
}
