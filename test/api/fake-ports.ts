import type { ApiPorts, Condition, ReplayRequest, StreamBatch, StreamRequest, StreamRow, ViewQuery } from '../../src/api/ports.ts'
import { DAY_MS } from '../../src/core/calendar.ts'
import { canonicalKey } from '../../src/views/row-key.ts'
import type { Cell, View } from '../../src/views/view.ts'
import { places, type Row, stationInfo } from './fake-data.ts'
import { fakeDeadLetters, fakeHealth, fakeReplays, fakeSchemas } from './fake-pipeline.ts'
import { type FakeView, fakeViews, LOOK_BACK_MS } from './fake-rows.ts'
import { fakeWhy } from './fake-why.ts'

type Table = Map<string, readonly Cell[]>

export interface FakePorts extends ApiPorts {
  /** Lets readings come in up to that instant, and tells the streams. */
  advance(to: number): void
  /** Deletes a row as a revision that empties its window would. */
  remove(viewName: string, key: readonly Cell[]): void
  /** Makes streams tell that everything has to be read again. */
  reset(): void
  /** What was asked of `queryView`, newest last. */
  readonly queries: ViewQuery[]
  readonly retries: Array<Parameters<ApiPorts['retryDeadLetters']>[0]>
  readonly replayRequests: ReplayRequest[]
}

/** The row as cells; what it does not say is null. */
export const cellsOf = (view: View, row: Row): readonly Cell[] => view.columns.map(({ column }) => row[column] ?? null)

function compare(left: Cell, right: Cell): number {
  if (left === right) return 0
  return (left as string | number) < (right as string | number) ? -1 : 1
}

function holds(view: View, { column, operator, value }: Condition, cells: readonly Cell[]): boolean {
  const order = compare(cells[view.columns.indexOf(column)] ?? null, value)
  return operator === 'equal' ? order === 0 : operator === 'at-least' ? order >= 0 : order < 0
}

function select(table: Table, query: ViewQuery): Array<readonly Cell[]> {
  const { view, conditions, descending, after } = query
  const indexes = query.order.map((column) => view.columns.indexOf(column))
  const orderOf = (left: readonly Cell[], right: readonly Cell[]): number => {
    for (let i = 0; i < indexes.length; i++) {
      const order = compare(left[i] ?? null, right[i] ?? null)
      if (order !== 0) return descending ? -order : order
    }
    return 0
  }
  const keyed = [...table.values()]
    .filter((cells) => conditions.every((condition) => holds(view, condition, cells)))
    .map((cells) => ({ cells, key: indexes.map((index) => cells[index] ?? null) }))
    .filter(({ key }) => after === null || orderOf(key, after) > 0)
    .sort((left, right) => orderOf(left.key, right.key))
  return keyed.slice(0, query.limit ?? keyed.length).map(({ cells }) => cells)
}

/** Changes that a stream has not been asked for yet: the latest of each row, so that waiting costs no memory without bound. */
interface Follower {
  readonly view: View
  readonly pending: Map<string, StreamRow>
  reset: boolean
  wake: () => void
}

export interface FakeOptions {
  readonly from?: number
  readonly now: number
  readonly batchSize?: number
  readonly views?: readonly FakeView[]
}

/** Ports with some weeks of plausible weather, energy and air in memory. No clock: time goes on by `advance`. */
export function fakePorts({ now, from = now - 70 * DAY_MS, batchSize = 500, views = fakeViews }: FakeOptions): FakePorts {
  const tables = new Map(views.map(({ view }) => [view.name, new Map() as Table]))
  const followers = new Set<Follower>()
  const queries: ViewQuery[] = []
  const retries: FakePorts['retries'] = []
  const replayRequests: ReplayRequest[] = []
  let clock = from
  let position = 0

  const publish = (view: View, key: readonly Cell[], cells: readonly Cell[] | null): void => {
    for (const follower of followers) {
      if (follower.view === view) follower.pending.set(canonicalKey(view, key), { key, cells })
    }
  }
  const wakeAll = (): void => {
    position += 1
    for (const follower of followers) follower.wake()
  }
  const advance = (to: number): void => {
    for (const { view, rows } of views) {
      const table = tables.get(view.name)!
      const longest = view.key.some(({ type }) => type === 'month')
        ? 62 * DAY_MS
        : view.key.some(({ type }) => type === 'day')
          ? 2 * DAY_MS
          : LOOK_BACK_MS
      for (const row of rows(Math.max(from, monthStart(clock - longest)), to)) {
        const cells = cellsOf(view, row)
        const key = canonicalKey(view, cells)
        if (JSON.stringify(table.get(key)) === JSON.stringify(cells)) continue
        // The first window may be cut by the look back: what is there has seen more readings.
        const known = table.get(key)
        const count = view.columns.findIndex(({ column }) => column === 'n')
        if (known !== undefined && count >= 0 && (known[count] as number) > (cells[count] as number)) continue
        table.set(key, cells)
        publish(view, cells.slice(0, view.key.length), cells)
      }
    }
    clock = to
    wakeAll()
  }
  const monthStart = (at: number): number => Date.UTC(new Date(at).getUTCFullYear(), new Date(at).getUTCMonth(), 1)

  async function* queryView(query: ViewQuery): AsyncGenerator<ReadonlyArray<readonly Cell[]>> {
    queries.push(query)
    const found = select(tables.get(query.view.name)!, query)
    for (let i = 0; i < found.length; i += batchSize) yield found.slice(i, i + batchSize)
  }

  async function* streamView({ view, after, signal }: StreamRequest): AsyncGenerator<StreamBatch> {
    const follower: Follower = { view, pending: new Map(), reset: after !== null && after !== String(position), wake: () => {} }
    followers.add(follower)
    const stop = (): void => follower.wake()
    signal.addEventListener('abort', stop)
    try {
      while (!signal.aborted) {
        if (follower.reset) {
          follower.reset = false
          follower.pending.clear()
          yield { type: 'reset', position: String(position) }
        } else if (follower.pending.size > 0) {
          const rows = [...follower.pending.values()]
          follower.pending.clear()
          yield { type: 'rows', position: String(position), rows }
        } else {
          await new Promise<void>((resolve) => {
            follower.wake = resolve
          })
        }
      }
    } finally {
      signal.removeEventListener('abort', stop)
      followers.delete(follower)
    }
  }

  advance(now)
  return {
    views: views.map(({ view, kind }) => ({ view, kind, stores: view.stores })),
    queries,
    retries,
    replayRequests,
    advance,
    queryView,
    streamView,
    remove: (viewName, key) => {
      const { view } = views.find((candidate) => candidate.view.name === viewName)!
      tables.get(viewName)!.delete(canonicalKey(view, key))
      publish(view, key, null)
      wakeAll()
    },
    reset: () => {
      for (const follower of followers) follower.reset = true
      wakeAll()
    },
    stations: async () => places.map((place) => stationInfo(place, from, clock)),
    health: async () => fakeHealth(clock, tables),
    ready: async () => true,
    why: async (view, key) => fakeWhy(view, key, tables.get(view.name)!.get(canonicalKey(view, key)) ?? null, clock),
    deadLetters: async ({ limit, after }) => {
      const all = fakeDeadLetters(clock)
      const start = after === null ? 0 : all.findIndex(({ id }) => id === after) + 1
      return all.slice(start, start + limit)
    },
    retryDeadLetters: async (selection) => {
      retries.push(selection)
      return { tried: 2, accepted: 1, refused: 1 }
    },
    replays: async () => fakeReplays(clock),
    startReplay: async (request) => {
      replayRequests.push(request)
      const started = request.views.length === 0 ? views.map(({ view }) => view.name) : request.views
      return { id: 'e1', resumed: false, views: started.map((view) => ({ view, generation: 2 })) }
    },
    schemaRegistry: fakeSchemas,
  }
}
