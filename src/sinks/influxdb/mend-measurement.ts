import { isWindrowError, WindrowError } from '../../core/errors.ts'
import { SortedStore } from '../../kv/sorted-store.ts'
import { parseKey } from '../../views/row-key.ts'
import type { Cell } from '../../views/view.ts'
import type { FinalRow, FinalRows } from '../final-rows.ts'
import { comparedUpTo } from '../partition-progress.ts'
import type { MendReport, MendSource, SinkRow } from '../sink.ts'
import { splitRefused } from '../split-refused.ts'
import type { InfluxClient } from './influx-client.ts'
import { leavesRemains } from './known-points.ts'
import type { PointPlan } from './point-plan.ts'
import type { ProgressPoints, StoredProgress } from './progress-points.ts'
import { removePoints } from './remove-points.ts'
import { allPoints, type FoundPoint, type PointKey, pointsIn, rangesOf } from './stored-points.ts'
import { mending, type ViewGate } from './view-gate.ts'
import { keyOfPoint } from './view-rows.ts'

export interface MendTools {
  readonly client: InfluxClient
  readonly plan: PointPlan
  readonly progress: ProgressPoints
  readonly gate: ViewGate
  /** Names this process among those that may want to compare the same view: what it began and could not end, it may begin again. */
  readonly holder: string
  /**
   * For so long, in all, points are deleted without touching any that stays: by a delete each where such are between, of 10 ms in a small
   * bucket and 300 in a large one. After that by ranges, whose other points are missing until they are written again right after.
   */
  readonly gaplessMs: number
}

/** Longer than any request takes; a process that ended in the middle is waited for so long. */
const HOLD_MS = 60_000
/** So many deletes take less than that by far. */
const REMOVED_AT_ONCE = 100
/** A point to delete, and the row that is written in its place, null where it is gone. */
interface RemovedPoint extends PointKey {
  readonly row: FinalRow | null
}

/**
 * Makes the measurement as the topic says. All points are compared with the topic's final state first, beside the live writers; then, with all
 * claims ended and nobody writing, those keys that differed are looked at again, and those that may have been written meanwhile. Where the
 * progress says nothing of this topic nobody writes from the beginning.
 */
export function mendMeasurement(tools: MendTools, source: MendSource, signal: AbortSignal): Promise<MendReport> {
  return tools.gate.compare(async (closeGate) => {
    const { view } = source
    const { holder } = tools
    const hold = async (isAlone: boolean): Promise<void> => {
      signal.throwIfAborted()
      if (!(await tools.progress.holdMend(view.name, { holder, isAlone }, HOLD_MS))) throw mending(view.name)
    }
    await hold(false)
    try {
      return await new Mend(tools, source, hold, closeGate).run()
    } finally {
      await release(tools.progress, view.name, holder)
    }
  })
}

class Mend {
  private readonly tools: MendTools
  private readonly source: MendSource
  private readonly hold: (isAlone: boolean) => Promise<void>
  private readonly closeGate: () => Promise<void>
  private isAlone = false
  /** Canonical keys of rows to look at again. */
  private readonly doubtful = new SortedStore()
  private nextHold = 0
  private gaplessMs = 0
  private written = 0
  private deleted = 0

  constructor(tools: MendTools, source: MendSource, hold: (isAlone: boolean) => Promise<void>, closeGate: () => Promise<void>) {
    this.tools = tools
    this.source = source
    this.hold = hold
    this.closeGate = closeGate
  }

  async run(): Promise<MendReport> {
    const { progress } = this.tools
    const { view, topic } = this.source
    let stored = await progress.read(view.name)
    const begun = startOf(stored, topic.id, topic.partitions)
    if (begun === null) stored = await this.stopWriters()
    const final = await this.source.finalRows()
    try {
      await this.compare(final)
      if (begun !== null) {
        stored = await this.stopWriters()
        const compared = [...final.ends]
        await final.catchUp()
        await this.doubtWritten(
          final,
          begun.map((offset, partition) => Math.min(offset, compared[partition] as number)),
        )
      }
      await this.mendDoubtful(final)
      await progress.setAll(view.name, topic, comparedUpTo(final.ends, this.source), stored)
    } finally {
      await this.doubtful.close()
      await final.close()
    }
    return { written: this.written, deleted: this.deleted }
  }

  private async stopWriters(): Promise<StoredProgress[]> {
    const { progress } = this.tools
    const { view, topic } = this.source
    await this.closeGate()
    this.isAlone = true
    await this.hold(true)
    const stored = await progress.read(view.name)
    await progress.endClaims(view.name, topic.partitions, stored)
    return stored
  }

  private async compare(final: FinalRows): Promise<void> {
    const { client, plan } = this.tools
    let equal = 0
    for await (const points of allPoints(client, plan)) {
      await this.stillHolds()
      for (const found of points) {
        const key = keyOfPoint(found)
        const row = final.get(key)
        if (row !== null && isEqual(plan, row, found)) equal += 1
        else await this.doubt(key)
      }
    }
    let rows = 0
    for await (const page of final.entries()) rows += page.length
    if (rows === equal) return
    for await (const page of final.entries()) {
      await this.stillHolds()
      const there = equal === 0 ? new Set<string>() : await this.keysThere(page)
      for (const { key } of page) if (!there.has(key)) await this.doubt(key)
    }
  }

  private async keysThere(rows: readonly FinalRow[]): Promise<Set<string>> {
    const wanted = new Set(rows.map(({ key }) => key))
    const there = new Set<string>()
    const keys = rows.flatMap(({ keyCells }) => this.pointKey(keyCells) ?? [])
    for await (const points of pointsIn(this.tools.client, this.tools.plan, rangesOf(this.tools.plan, keys))) {
      for (const found of points) {
        const key = keyOfPoint(found)
        if (wanted.has(key)) there.add(key)
      }
    }
    return there
  }

  /** Whoever wrote since the comparison began has only written rows from there on. */
  private async doubtWritten(final: FinalRows, from: readonly number[]): Promise<void> {
    for (const [partition, offset] of from.entries()) {
      for await (const rows of this.source.read(partition, offset, final.ends[partition] as number)) {
        await this.stillHolds()
        for (const { key } of rows) await this.doubt(key)
      }
    }
  }

  private async mendDoubtful(final: FinalRows): Promise<void> {
    for await (const page of this.doubtful.entries()) {
      await this.stillHolds()
      await this.mendPage(
        page.map(({ key }) => Buffer.from(key).toString()),
        final,
      )
    }
  }

  private async mendPage(keys: readonly string[], final: FinalRows): Promise<void> {
    const { client, plan } = this.tools
    const wanted = new Map<string, PointKey>()
    for (const key of keys) {
      const row = final.get(key)
      const pointKey = this.pointKey(parseKey(plan.view, key))
      if (pointKey !== null) wanted.set(key, pointKey)
      else if (row !== null) await this.refuseOddKey(row)
    }
    const there = new Map<string, FoundPoint[]>()
    for await (const points of pointsIn(client, plan, rangesOf(plan, wanted.values()))) {
      for (const found of points) {
        const key = keyOfPoint(found)
        if (wanted.has(key)) there.set(key, [...(there.get(key) ?? []), found])
      }
    }
    const removed: RemovedPoint[] = []
    const upserts: FinalRow[] = []
    for (const [key, pointKey] of wanted) {
      const [row, found = []] = [final.get(key), there.get(key)]
      if (row === null) {
        if (found.length === 0) continue
        removed.push({ ...pointKey, row: null })
        this.deleted += 1
        continue
      }
      const encoded = await this.encode(row)
      if (encoded === null) continue
      const [only] = found
      if (found.length === 1 && only !== undefined && isEqual(plan, row, only)) continue
      const hasRemains = found.some(({ decoder, values }) => leavesRemains(decoder.shape(values), encoded))
      if (found.length > 1 || hasRemains) removed.push({ ...pointKey, row })
      else upserts.push(row)
    }
    await this.replace(removed, upserts)
  }

  private async replace(removed: readonly RemovedPoint[], upserts: readonly FinalRow[]): Promise<void> {
    const { client, plan } = this.tools
    await this.writeAll(upserts)
    let at = 0
    for (; at < removed.length && this.gaplessMs < this.tools.gaplessMs; at += REMOVED_AT_ONCE) {
      await this.stillHolds()
      const some = removed.slice(at, at + REMOVED_AT_ONCE)
      const began = performance.now()
      await removePoints(client, plan, some, [])
      this.gaplessMs += performance.now() - began
      await this.writeAll(rowsOf(some))
    }
    const rest = removed.slice(at)
    if (rest.length === 0) return
    const rewritten = upserts.map(({ keyCells }) => ({ keyTexts: plan.keyTexts(keyCells), at: plan.time.of(keyCells) }))
    await removePoints(client, plan, rest, rewritten)
    await this.writeAll(rowsOf(rest))
    const counted = this.written
    await this.writeAll(upserts)
    this.written = counted
  }

  private async writeAll(rows: readonly FinalRow[]): Promise<void> {
    const byPartition = new Map<number, SinkRow[]>()
    for (const row of rows) {
      const of = byPartition.get(row.partition) ?? []
      byPartition.set(row.partition, of)
      of.push(sinkRow(row))
    }
    for (const [partition, of] of byPartition) await this.write(partition, of)
  }

  private write(partition: number, rows: readonly SinkRow[]): Promise<void> {
    const { client, plan } = this.tools
    return splitRefused(
      rows,
      0,
      async (part) => {
        if (part.length === 0) return
        await client.write(part.map(({ cells }) => plan.encode(cells as readonly Cell[]).line))
        this.written += part.length
      },
      (row, reason) => this.source.refuse(row, partition, reason),
    )
  }

  private async encode(row: FinalRow): Promise<ReturnType<PointPlan['encode']> | null> {
    try {
      return this.tools.plan.encode(row.cells)
    } catch (error) {
      if (!isWindrowError(error, 'WR_ROW_REFUSED')) throw error
      await this.source.refuse(sinkRow(row), row.partition, error)
      return null
    }
  }

  private async refuseOddKey(row: FinalRow): Promise<void> {
    try {
      this.tools.plan.checkKey(row.keyCells)
    } catch (error) {
      if (!isWindrowError(error, 'WR_ROW_REFUSED')) throw error
      await this.source.refuse(sinkRow(row), row.partition, error)
    }
  }

  /** Null for a key that no point has. */
  private pointKey(keyCells: readonly Cell[]): PointKey | null {
    const { plan } = this.tools
    try {
      plan.checkKey(keyCells)
    } catch (error) {
      if (isWindrowError(error, 'WR_ROW_REFUSED')) return null
      throw error
    }
    return { keyTexts: plan.keyTexts(keyCells), at: plan.time.of(keyCells) }
  }

  private doubt(key: string): Promise<void> {
    return this.doubtful.put(Buffer.from(key), new Uint8Array(1))
  }

  private async stillHolds(): Promise<void> {
    const now = performance.now()
    if (now < this.nextHold) return
    await this.hold(this.isAlone)
    this.nextHold = now + HOLD_MS / 6
  }
}

const rowsOf = (removed: readonly RemovedPoint[]): FinalRow[] => removed.flatMap(({ row }) => row ?? [])

/** Where the writers of each partition were, null where they wrote something else, or nobody knows. */
function startOf(stored: readonly StoredProgress[], topicId: string, partitions: number): number[] | null {
  const ours = stored.filter((each) => each.topicId === topicId && each.partition < partitions)
  if (ours.length !== partitions || stored.length !== partitions) return null
  return ours.map(({ nextOffset }) => nextOffset)
}

/** Whether the point is the row and nothing more: in the series and with the fields that it would be written with. */
function isEqual(plan: PointPlan, row: FinalRow, { decoder, values }: FoundPoint): boolean {
  const cells = decoder.cells(values)
  if (!row.cells.every((cell, i) => cell === cells[i])) return false
  const found = decoder.shape(values)
  try {
    const { valueTags, missing } = plan.shape(row.cells)
    return valueTags === found.valueTags && missing === found.missing
  } catch (error) {
    // Somebody wrote by hand what windrow itself does not.
    if (isWindrowError(error, 'WR_ROW_REFUSED')) return false
    throw error
  }
}

function sinkRow({ key, keyCells, cells, offset, value }: FinalRow): SinkRow {
  return { key, keyCells, cells, offset, value, isNew: false }
}

/** After a failure the server may be away: then the right to compare ends by itself. */
async function release(progress: ProgressPoints, view: string, holder: string): Promise<void> {
  try {
    await progress.endMend(view, holder)
  } catch (error) {
    if (!(error instanceof WindrowError)) throw error
  }
}
