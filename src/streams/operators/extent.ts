import type { OperatorFunction } from 'rxjs'
import type { Place } from '../../events/reading.ts'
import { ROW_INTERVAL, ROW_PLACE } from '../../events/reading-batch.ts'
import type { Cell } from '../../views/view.ts'
import { Runs } from '../changes.ts'
import { batchOperator } from '../plan.ts'
import type { Keyed, RowEffect, RowSource } from '../row-source.ts'
import { RowCollector, type Rows } from '../rows.ts'

/** What a station says of itself in its newest reading, and when its first and last reading begin. */
export interface Extent extends Place {
  readonly kind: string
  readonly stationId: string
  readonly intervalMinutes: number
  readonly firstReading: number
  readonly lastReading: number
}

const NAMES = [
  'kind',
  'stationId',
  'city',
  'country',
  'latitude',
  'longitude',
  'timeZone',
  'intervalMinutes',
  'firstReading',
  'lastReading',
]

/** One row a key: `kind` and the key make the row's key. */
export function extent<Columns, Key>(kind: string): OperatorFunction<Keyed<Columns, Key>, Rows<Extent>> {
  return batchOperator({ operator: 'extent', kind }, () => {
    const touched = new Set<number>()
    const effect: RowEffect = { now: -1, before: -1 }
    const runs = new Runs()
    return ({ changes, source }, emit) => {
      for (let i = 0; i < changes.count; i++) {
        const group = source.groupOf(changes, i, effect)
        if (group >= 0 && effect.now >= 0) touched.add(group)
      }
      if (!changes.emit) return
      const collector = new RowCollector(NAMES, 2, emit)
      for (const group of touched) collector.add({ cells: cells(source, group, kind, runs), gone: false, isNew: false })
      touched.clear()
      collector.end()
    }
  })
}

function cells(source: RowSource, group: number, kind: string, runs: Runs): Cell[] {
  const last = source.lastTimestamp(group)
  runs.clear()
  source.scan(group, last, last + 1, runs)
  const rows = runs.rows[runs.count - 1] as Float64Array
  const base = ((runs.hi[runs.count - 1] as number) - 1) * source.width
  const place = source.placeOf(rows[base + ROW_PLACE] as number) as Place
  const first = source.nextTimestamp(group, Number.NEGATIVE_INFINITY)
  const interval = rows[base + ROW_INTERVAL] as number
  return [
    kind,
    source.keyCells(group)[0] as Cell,
    place.city,
    place.country,
    place.latitude,
    place.longitude,
    place.timeZone,
    interval,
    first,
    last,
  ]
}
