import type { SinkRow } from '../sink.ts'
import type { InfluxClient } from './influx-client.ts'
import { KnownPoints, leavesRemains } from './known-points.ts'
import type { EncodedPoint, PointPlan } from './point-plan.ts'
import { keyTagTexts, type PointKey, pointsIn, rangesOf, seriesName } from './stored-points.ts'

/** A row as it is to be: null where it is gone. */
interface Change extends PointKey {
  readonly series: string
  readonly encoded: EncodedPoint | null
  readonly isNew: boolean
}

/** So few points are deleted one by one, without looking at what is between them. */
const FEW = 3

/**
 * Writes the rows of one partition as points. A point is overwritten field by field, so one that lost a field, or whose tags changed, is deleted
 * before it is written. Whether it did is known of what this writer wrote last; of other rows the server is asked, in one query a batch.
 */
export class PointWriter {
  private readonly client: InfluxClient
  private readonly plan: PointPlan
  private readonly known = new KnownPoints()

  constructor(client: InfluxClient, plan: PointPlan) {
    this.client = client
    this.plan = plan
  }

  /** Resolves when the server has acknowledged all of it. Rejects with WR_ROW_REFUSED before anything was written where a row cannot be a point. */
  async write(rows: readonly SinkRow[]): Promise<void> {
    const changes = rows.map((row) => this.change(row))
    try {
      await removePoints(this.client, this.plan, await this.toRemove(changes))
      const lines = changes.flatMap(({ encoded }) => (encoded === null ? [] : [encoded.line]))
      if (lines.length > 0) await this.client.write(lines)
    } catch (error) {
      // What the server has of these rows is uncertain now.
      this.known.forgetAll()
      throw error
    }
    for (const { series, at, encoded } of changes) {
      if (encoded === null) this.known.forget(series, at)
      else this.known.set(series, at, encoded)
    }
  }

  private change({ keyCells, cells, isNew }: SinkRow): Change {
    const { plan } = this
    plan.checkKey(keyCells)
    const keyTexts = plan.keyTexts(keyCells)
    return {
      keyTexts,
      series: seriesName(keyTexts),
      at: plan.time.of(keyCells),
      encoded: cells === null ? null : plan.encode(cells),
      isNew,
    }
  }

  private async toRemove(changes: readonly Change[]): Promise<PointKey[]> {
    const removed: PointKey[] = []
    const unknown: Change[] = []
    for (const change of changes) {
      if (change.isNew) continue
      const before = this.known.get(change.series, change.at)
      if (before === undefined) unknown.push(change)
      else if (change.encoded === null || leavesRemains(before, change.encoded)) removed.push(change)
    }
    if (unknown.length > 0) removed.push(...(await this.removedOfStored(unknown)))
    return removed
  }

  private async removedOfStored(changes: readonly Change[]): Promise<PointKey[]> {
    const wanted = new Map<string, Map<number, Change>>()
    for (const change of changes) {
      const times = wanted.get(change.series) ?? new Map<number, Change>()
      wanted.set(change.series, times.set(change.at, change))
    }
    const removed = new Set<Change>()
    for await (const points of pointsIn(this.client, this.plan, rangesOf(this.plan, changes))) {
      const [first] = points
      const times = first === undefined ? undefined : wanted.get(seriesName(first.keyTexts))
      if (times === undefined) continue
      for (const { at, decoder, point } of points) {
        const change = times.get(at)
        if (change === undefined) continue
        const { encoded } = change
        if (encoded === null || leavesRemains(decoder.shape(point), encoded)) removed.add(change)
      }
    }
    return [...removed]
  }
}

/**
 * Deletes points, whatever their other tags are. Those of a station that follow each other on the server without another point between them
 * are deleted together.
 */
export async function removePoints(client: InfluxClient, plan: PointPlan, keys: readonly PointKey[]): Promise<void> {
  const measurement = plan.view.name
  const remove = (keyTexts: readonly string[], from: number, to: number): Promise<void> =>
    client.remove({ measurement, tags: keyTagTexts(plan, keyTexts), from, to })
  if (keys.length <= FEW) {
    for (const { keyTexts, at } of keys) await remove(keyTexts, at, at)
    return
  }
  for (const { keyTexts, from, to } of await runsOf(client, plan, keys)) await remove(keyTexts, from, to)
}

interface Run {
  readonly keyTexts: readonly string[]
  from: number
  to: number
}

/** The points that are on the server, in runs without any other point between. */
async function runsOf(client: InfluxClient, plan: PointPlan, keys: readonly PointKey[]): Promise<Run[]> {
  const wanted = new Set(keys.map(({ keyTexts, at }) => `${at} ${seriesName(keyTexts)}`))
  const timesOf = new Map<string, { readonly keyTexts: readonly string[]; readonly times: Set<number> }>()
  for await (const points of pointsIn(client, plan, rangesOf(plan, keys))) {
    for (const { keyTexts, at } of points) {
      const series = seriesName(keyTexts)
      const station = timesOf.get(series) ?? { keyTexts, times: new Set() }
      timesOf.set(series, station)
      station.times.add(at)
    }
  }
  const runs: Run[] = []
  for (const [series, { keyTexts, times }] of timesOf) {
    let open: Run | null = null
    for (const at of [...times].sort((a, b) => a - b)) {
      if (!wanted.has(`${at} ${series}`)) open = null
      else if (open !== null) open.to = at
      else {
        open = { keyTexts, from: at, to: at }
        runs.push(open)
      }
    }
  }
  return runs
}
