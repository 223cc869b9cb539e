import { onTestFinished } from 'vitest'
import type { Sink, SinkRow } from '../../src/sinks/sink.ts'
import type { SinkTuning } from '../../src/sinks/sink-options.ts'
import type { SinkRunner } from '../../src/sinks/sink-runner.ts'
import type { MemoryLog } from '../../src/testing/memory-log.ts'
import { type Cell, count, defineView, double, flag, instant, optionalText, text, type View } from '../../src/views/view.ts'
import { byKey, type Change, rowKeyOf, type SinkWorld, sinkWorld } from './sink-world.ts'

export const conformanceView = defineView({
  name: 'conformance',
  doc: 'Rows to write, revise and delete.',
  key: { stationId: text('The station.'), hour: instant('Start of the hour.') },
  values: {
    city: optionalText('Name of the city.'),
    mean: double('Cel', 'Mean temperature.'),
    n: count('Readings.'),
    complete: flag('Whether the hour is over.'),
  },
  stores: ['postgres', 'influxdb', 'cassandra'],
})

/** A store for one test, empty, and what a person may do to it behind windrow's back. */
export interface StoreFixture {
  /** Another sink on the same store, as another process would have it. */
  sink(): Sink
  /** All rows, in any order. */
  rows(view: View): Promise<ReadonlyArray<readonly Cell[]>>
  /** Writes a row (or over one) without windrow. */
  tamper(view: View, cells: readonly Cell[]): Promise<void>
  /** The same as by a clock that is far ahead, where the store goes by clocks; else as `tamper`. */
  readonly tamperAhead?: (view: View, cells: readonly Cell[]) => Promise<void>
  /** Makes the progress of all partitions so much older. */
  ageProgress(view: View, ms: number): Promise<void>
  /** Deletes a row without windrow. */
  remove(view: View, keyCells: readonly Cell[]): Promise<void>
  /** Drops the view's table; null where nobody would notice. */
  readonly dropTable: ((view: View) => Promise<void>) | null
  /** From now on the store refuses rows in which `n` is 13; null where no such thing can be. */
  readonly refuseThirteen: ((view: View) => Promise<void>) | null
}

export interface StoreTraits {
  readonly name: string
  /** The store itself keeps an old owner from writing. */
  readonly fences: boolean
  /** How many rows are many, 20,000 unless told otherwise. */
  readonly manyRows?: number
  fixture(): Promise<StoreFixture>
}

export const HOUR = 3_600_000
export const T0 = Date.UTC(2025, 0, 1)

export function row(station: string, hour: number, n: number, mean: number | null = n / 3): Cell[] {
  return [station, T0 + hour * HOUR, `City of ${station}`, mean, n, n % 2 === 0]
}

export const put = (...cells: Parameters<typeof row>): Change => ({ put: row(...cells) })
export const drop = (station: string, hour: number): Change => ({ drop: [station, T0 + hour * HOUR] })

export interface Setting {
  readonly world: SinkWorld
  readonly store: StoreFixture
  run(sink?: Sink, tuning?: Partial<SinkTuning>, log?: MemoryLog): Promise<SinkRunner>
  /** What the store holds, once the runner has written everything. */
  held(runner: SinkRunner): Promise<Cell[][]>
}

/** A view, its log, and a store of its own. */
export async function storeSetting(traits: StoreTraits): Promise<Setting> {
  const [world, store] = await Promise.all([sinkWorld(conformanceView), traits.fixture()])
  return {
    world,
    store,
    async run(sink = store.sink(), tuning = {}, log = world.log) {
      const runner = await world.start(sink, tuning, log)
      onTestFinished(() => runner.stop())
      return runner
    },
    async held(runner) {
      await world.caughtUp(runner)
      return byKey(conformanceView, await store.rows(conformanceView))
    },
  }
}

export function sinkRow(cells: readonly Cell[], offset: number): SinkRow {
  return {
    key: rowKeyOf(conformanceView, cells),
    keyCells: cells.slice(0, 2),
    cells,
    offset,
    value: null,
    isNew: true,
  }
}

export function goneRow(cells: readonly Cell[], offset: number): SinkRow {
  return { ...sinkRow(cells, offset), cells: null, isNew: false }
}
