import type { Clock } from '../../core/clock.ts'
import { isWindrowError, type WindrowError } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import { endsOf } from '../../log/ends-of.ts'
import type { Log } from '../../log/port.ts'
import type { RebuiltView } from '../../runtime/replay/rebuild.ts'
import type { RowDifference } from '../../sinks/compare-store.ts'
import type { Sink } from '../../sinks/sink.ts'
import type { Topology } from '../../streams/topology.ts'
import type { View } from '../../views/view.ts'
import { viewRows } from '../export/view-rows.ts'
import { viewRecords } from '../view-records.ts'
import type { BuiltView } from './built-views.ts'
import { type ComparedRows, compareRebuilt, type RowPages } from './compare-rebuilt.ts'
import { type Cut, type CutView, consistentCut } from './consistent-cut.ts'
import { rebuildCut } from './rebuild-cut.ts'
import { untilCaughtUp } from './until-caught-up.ts'

export interface VerifyViewsOptions {
  readonly log: Log
  readonly topologies: readonly Topology[]
  readonly topicOf: Parameters<typeof consistentCut>[0]['topicOf']
  readonly views: readonly BuiltView[]
  readonly sinks: readonly Sink[]
  /** Minutes by event. */
  readonly allowedLatenessMinutes: ReadonlyMap<string, number>
  readonly memoryBytes: number
  /** How long a store may be behind without getting any further. */
  readonly patienceMs: number
  readonly clock: Clock
  readonly logger: Logger
  readonly signal: AbortSignal
  readonly onProgress: (done: number, total: number) => void
  /** Called for each difference: by view, by store, in the order of the keys. */
  readonly onDifference: (view: View, store: string, difference: RowDifference) => Promise<void>
}

/** How a view in a store stands to the rebuilt one. */
export interface VerifiedStore {
  readonly view: string
  /** `log` for the view's topic, else the sink's name. */
  readonly store: string
  /** Null where it could not be compared: `problem` says why. */
  readonly rows: ComparedRows | null
  readonly problem: WindrowError | null
}

export interface Verification {
  readonly stores: readonly VerifiedStore[]
  /** What was read of the topics of readings, and how long the rebuilding took. */
  readonly records: number
  readonly seconds: number
  readonly cut: Cut
}

/** Rebuilds views beside the running pipeline and compares their topics and stores with them. Changes nothing. */
export async function verifyViews(options: VerifyViewsOptions): Promise<Verification> {
  const cut = await consistentCut(options)
  const rebuilt = await rebuildCut(options, cut)
  try {
    const stores: VerifiedStore[] = []
    for (const view of cut.views) {
      const rebuiltView = rebuilt.views.get(view.view.name)
      if (rebuiltView !== undefined) stores.push(...(await verifyView(options, view, rebuiltView)))
    }
    return { stores, records: rebuilt.records, seconds: rebuilt.seconds, cut }
  } finally {
    await rebuilt.close()
  }
}

async function verifyView(options: VerifyViewsOptions, cutView: CutView, rebuilt: RebuiltView): Promise<VerifiedStore[]> {
  const { log, sinks, signal } = options
  const { view, topic } = cutView
  const stores: VerifiedStore[] = [
    await verifyStore(options, cutView, rebuilt, 'log', async () => viewRows(log, view, topic, { signal })),
  ]
  for (const sink of sinks.filter(({ store }) => view.stores.includes(store))) {
    const rows = async (): Promise<RowPages> => {
      await untilCaughtUp({ ...options, sink, view, topic, ends: await endsOf(log, topic) })
      return sink.rows(view)
    }
    stores.push(await verifyStore(options, cutView, rebuilt, sink.name, rows))
  }
  return stores
}

/** One store that cannot be compared does not keep the others from it. */
async function verifyStore(
  options: VerifyViewsOptions,
  { view, topic, ends }: CutView,
  rebuilt: RebuiltView,
  store: string,
  open: () => Promise<RowPages>,
): Promise<VerifiedStore> {
  const { log, signal, onDifference } = options
  const records = viewRecords(log, view, topic)
  try {
    const rows = await compareRebuilt({
      rebuilt,
      rows: await open(),
      versions: (onVersion) =>
        records.read({
          from: ends,
          signal,
          onRecord: (key, value) => onVersion(key, () => (value === null ? null : records.decode(value))),
        }),
      signal,
      onDifference: (difference) => onDifference(view, store, difference),
    })
    return { view: view.name, store, rows, problem: null }
  } catch (error) {
    if (store === 'log' || signal.aborted || !isWindrowError(error)) throw error
    return { view: view.name, store, rows: null, problem: error }
  }
}
