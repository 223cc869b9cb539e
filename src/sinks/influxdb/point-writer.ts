import type { SinkRow } from '../sink.ts'
import type { InfluxClient } from './influx-client.ts'
import { KnownPoints, leavesRemains } from './known-points.ts'
import type { EncodedPoint, PointPlan } from './point-plan.ts'
import { removePoints } from './remove-points.ts'
import { type PointKey, pointsIn, rangesOf, seriesName } from './stored-points.ts'

/** A row as it is to be: null where it is gone. */
interface Change extends PointKey {
  readonly series: string
  readonly encoded: EncodedPoint | null
  readonly isNew: boolean
}

/**
 * Writes the rows of one partition as points. A point is overwritten field by field, so one that lost a field, or whose tags changed, is deleted
 * before it is written. Whether it did is known of what this writer wrote last; of other rows the server is asked, in one query a batch.
 */
export class PointWriter {
  private readonly client: InfluxClient
  private readonly plan: PointPlan
  private readonly known: KnownPoints

  /** `remembered`: of so many points, to twice as many, it is known without asking what they have. */
  constructor(client: InfluxClient, plan: PointPlan, remembered: number) {
    this.known = new KnownPoints(remembered)
    this.client = client
    this.plan = plan
  }

  /** Resolves when the server has acknowledged all of it. Rejects with WR_ROW_REFUSED before anything was written where a row cannot be a point. */
  async write(rows: readonly SinkRow[]): Promise<void> {
    const changes = rows.map((row) => this.change(row))
    try {
      const upserts = changes.filter(({ encoded }) => encoded !== null)
      await removePoints(this.client, this.plan, await this.toRemove(changes), upserts)
      const lines = upserts.map(({ encoded }) => (encoded as EncodedPoint).line)
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
    const keyTexts = plan.keyTexts(keyCells)
    const series = seriesName(keyTexts)
    if (cells !== null) {
      const encoded = plan.encode(cells)
      return { keyTexts, series, at: encoded.at, encoded, isNew }
    }
    plan.checkKey(keyCells)
    return { keyTexts, series, at: plan.time.of(keyCells), encoded: null, isNew }
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
      for (const { at, decoder, values } of points) {
        const change = times.get(at)
        if (change === undefined) continue
        const { encoded } = change
        if (encoded === null || leavesRemains(decoder.shape(values), encoded)) removed.add(change)
      }
    }
    return [...removed]
  }
}
