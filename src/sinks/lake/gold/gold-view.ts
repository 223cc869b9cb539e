import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { isWindrowError } from '../../../core/errors.ts'
import type { PartitionBounds, Topic } from '../../../log/port.ts'
import type { View } from '../../../views/view.ts'
import { isOtherRecord } from '../../last-record.ts'
import { logMendSource } from '../../log-mend-source.ts'
import { resumePoint } from '../../resume-point.ts'
import type { FileTag } from '../storage/storage.ts'
import { byFile, type GoldChange, type GoldChanges, readGoldChanges } from './gold-changes.ts'
import { type GoldContext, LAKE_SINK } from './gold-context.ts'
import { type GoldFiles, openGoldFiles } from './gold-files.ts'
import { type GoldLayout, goldLayout } from './gold-layout.ts'
import { monthParts } from './gold-parts.ts'
import { decodeGoldState, encodeGoldState, type GoldFile, type GoldState, goldForm, goldStateName } from './gold-state.ts'

export interface GoldFlush {
  /** The whole view was compared with its topic. */
  readonly whole: boolean
  /** Rows that were put or removed; of a whole view all its rows. */
  readonly rows: number
  readonly filesWritten: number
  readonly filesRemoved: number
  readonly bytesWritten: number
}

const NOTHING: GoldFlush = { whole: false, rows: 0, filesWritten: 0, filesRemoved: 0, bytesWritten: 0 }

/** What is to be done, and why the whole view where it is that. */
type Plan =
  | { readonly kind: 'merge'; readonly from: readonly number[]; readonly ends: readonly number[] }
  | { readonly kind: 'whole'; readonly reason: string; readonly ends: readonly number[] }

interface Held {
  readonly state: GoldState | null
  readonly tag: FileTag | null
}

/**
 * Keeps one view in the lake. Before the first file of a flush is written the state says which ones are, and up to where in the topic: what ends
 * in the middle is done again from there, and gives the same. A file is replaced only as it was read, so that of two writers one fails. A file whose
 * rows are all gone stays, without rows: to remove one has no such condition, and where none is an old owner could still put its own.
 */
export class GoldView {
  readonly view: View
  private readonly context: GoldContext
  private readonly layout: GoldLayout
  private readonly stateName: string
  private readonly form: string
  /** Null: to be read from the lake. */
  private held: Held | null = null
  private lookedAt = Number.NEGATIVE_INFINITY
  private doubt: string | null = null

  constructor(context: GoldContext, view: View) {
    this.context = context
    this.view = view
    this.layout = goldLayout(view)
    this.stateName = goldStateName(view.name)
    this.form = goldForm(view)
  }

  /** Up to where in the topic the files are, by partition; null while that is not known. */
  get ends(): readonly number[] | null {
    const state = this.held?.state ?? null
    return state === null || state.intent !== null ? null : state.ends
  }

  /** Of the topic that the files were made from; null while that is not known. */
  get topicId(): string | null {
    return this.held?.state?.topicId ?? null
  }

  /** It was so long ago that the view was written, or looked at, that it has to be said anew that it is up to date. */
  isTouchDue(): boolean {
    return this.context.clock.monotonic() - this.lookedAt >= this.context.tuning.touchIntervalMs
  }

  /** Brings the files up to the end of the topic, as it is now. After a rejection it can be called again. */
  async flush(topic: Topic): Promise<GoldFlush> {
    try {
      return await this.tryFlush(topic)
    } catch (error) {
      // What was done of it is known by the lake alone.
      this.held = null
      this.lookedAt = Number.NEGATIVE_INFINITY
      if (isWindrowError(error, 'WR_LAKE_FILE') && error.canRetry) this.doubt = 'one of its files is not what windrow wrote'
      throw error
    }
  }

  private async tryFlush(topic: Topic): Promise<GoldFlush> {
    const { logger } = this.context
    const held = this.held ?? (await this.readState(topic))
    this.held = held
    const there = this.isTouchDue() ? await this.look(held.state) : null
    const bounds = await this.bounds(topic)
    const plan = this.plan(held.state, topic, bounds)
    if (plan.kind === 'merge' && held.state !== null && held.state.intent === null) {
      if (plan.ends.every((end, i) => end === held.state?.ends[i])) return this.touch(held.state)
    }
    if (plan.kind === 'whole') {
      logger.debug({ view: this.view.name, reason: plan.reason }, `${this.view.name} in the lake is compared as a whole`)
    }
    const files =
      there ?? (plan.kind === 'whole' ? await this.look(held.state) : new Map(Object.entries(held.state?.files ?? {})))
    const flushed = await this.carryOut(topic, plan, held.state, files)
    this.doubt = null
    return flushed
  }

  private plan(state: GoldState | null, topic: Topic, bounds: readonly PartitionBounds[]): Plan {
    const { clock, tuning } = this.context
    const ends = bounds.map(({ end }) => end)
    const whole = (reason: string): Plan => ({ kind: 'whole', reason, ends })
    if (this.doubt !== null) return whole(this.doubt)
    if (state === null) return whole('the lake does not know what its files were made from')
    if (state.form !== this.form) return whole('its columns were others')
    if (state.intent?.whole === true) return whole('it was being compared when its writer ended')
    if (state.topicId === topic.id && state.ends.length !== ends.length) return whole('its topic has other partitions')
    if (state.intent?.ends.some((end, i) => end > (ends[i] ?? 0))) return whole('it is ahead of the log')
    const from: number[] = []
    for (const [partition, bound] of bounds.entries()) {
      const progress = {
        topicId: state.topicId,
        nextOffset: state.ends[partition] ?? 0,
        ageMs: Math.max(0, clock.now() - state.at),
      }
      const point = resumePoint(progress, topic, bound, tuning.tombstoneRetentionMs)
      if (point.kind === 'mend') return whole(point.reason)
      from.push(point.offset)
    }
    return { kind: 'merge', from, ends }
  }

  private async carryOut(
    topic: Topic,
    plan: Plan,
    before: GoldState | null,
    there: ReadonlyMap<string, Partial<GoldFile>>,
  ): Promise<GoldFlush> {
    const { log, signal, tuning, refuse } = this.context
    const source = logMendSource({
      log,
      sink: LAKE_SINK,
      view: this.view,
      topic,
      batchBytes: tuning.batchBytes,
      signal,
      refuse,
    })
    const whole = plan.kind === 'whole'
    const changes = await readGoldChanges({
      source,
      layout: this.layout,
      from: plan.kind === 'whole' ? plan.ends.map(() => 0) : plan.from,
      to: plan.ends,
      finalRows: whole,
    })
    try {
      return await this.write(topic, whole, plan.ends, before, there, changes)
    } finally {
      await changes.close()
    }
  }

  private async write(
    topic: Topic,
    whole: boolean,
    ends: readonly number[],
    before: GoldState | null,
    there: ReadonlyMap<string, Partial<GoldFile>>,
    changes: GoldChanges,
  ): Promise<GoldFlush> {
    const { epoch, clock, tuning, database } = this.context
    const parts = monthParts(this.layout, changes.slots, [...there.keys(), ...(before?.intent?.files ?? [])], there, tuning)
    const fileOf = (slot: string): string => this.layout.fileOf(slot, parts(this.layout.monthOf(slot)))
    const touched = [...new Set([...changes.slots.keys()].map(fileOf))]
    const base: GoldState = before ?? this.empty()
    // Files that a try before this one, of whatever owner, may still be about to write: each has to be another than it found.
    const doubtful = new Set(base.intent?.files ?? [])
    const isOwn = (name: string): boolean => {
      const parsed = this.layout.parse(name)
      return parsed !== null && parsed.parts === parts(parsed.month)
    }
    const emptied = whole
      ? [...new Set([...there.keys(), ...doubtful])].filter((name) => isOwn(name) && !touched.includes(name))
      : []
    const names = [...touched, ...emptied]
    // The state without files: the progress alone.
    if (names.length > 0 || whole || base.intent !== null) {
      await this.writeState({ ...base, at: clock.now(), intent: { epoch, whole, ends, files: names } })
    }
    const files = new Map<string, GoldFile>(whole ? [] : Object.entries(base.files))
    const counts = { whole, rows: 0, filesWritten: 0, filesRemoved: 0, bytesWritten: 0 }
    const merger = names.length === 0 ? null : await openGoldFiles(database, this.view)
    const writeFile = (name: string, pages: AsyncIterable<readonly GoldChange[]>): Promise<void> =>
      this.writeFile(merger as GoldFiles, name, pages, { whole, isDoubtful: doubtful.has(name), topic }, files, counts)
    try {
      for await (const { name, pages } of byFile(changes, fileOf)) await writeFile(name, pages)
      for (const name of emptied) await writeFile(name, noPages())
    } finally {
      await merger?.close()
    }
    // What somebody else put there.
    const foreign = whole ? [...there.keys()].filter((name) => !isOwn(name)) : []
    await this.remove(foreign)
    counts.filesRemoved += foreign.length
    await this.writeState({
      view: this.view.name,
      topic: topic.name,
      topicId: topic.id,
      form: this.form,
      ends,
      last: ends.map((_, partition) => changes.last[partition] ?? (whole ? null : (base.last?.[partition] ?? null))),
      at: clock.now(),
      files: Object.fromEntries([...files].sort(([a], [b]) => (a < b ? -1 : 1))),
      intent: null,
    })
    return counts
  }

  private async writeFile(
    merger: GoldFiles,
    name: string,
    pages: AsyncIterable<readonly GoldChange[]>,
    how: { readonly whole: boolean; readonly isDoubtful: boolean; readonly topic: Topic },
    files: Map<string, GoldFile>,
    counts: { rows: number; filesWritten: number; bytesWritten: number },
  ): Promise<void> {
    const { storage, database, assertHeld, signal } = this.context
    signal.throwIfAborted()
    const local = database.scratchPath()
    const merged = database.scratchPath()
    try {
      const tag = await storage.fetch(name, local)
      const counted = counting(pages)
      const { rows, bytes, isSame } = await merger.merge({
        before: tag === null ? null : local,
        replace: how.whole,
        changes: counted.pages,
        about: this.about(how.topic),
        path: merged,
      })
      counts.rows += counted.count()
      if (rows === 0 && tag === null && !how.isDoubtful) return
      if (isSame && tag !== null && !how.isDoubtful) {
        files.set(name, { tag, rows, bytes })
        return
      }
      assertHeld()
      files.set(name, { tag: await storage.store(merged, name, tag === null ? 'none' : { tag }), rows, bytes })
      counts.filesWritten += 1
      counts.bytesWritten += bytes
    } finally {
      for (const path of [local, merged]) await rm(path, { force: true })
    }
  }

  /** In every file: what its columns are, and something of its own, so that no two files are alike byte for byte, and have one tag. */
  private about(topic: Topic): Record<string, string> {
    const columns = this.view.columns.map(({ column, type, unit, doc, isKey }) => ({ column, type, unit, doc, is_key: isKey }))
    return {
      'windrow.view': this.view.name,
      'windrow.columns': JSON.stringify(columns),
      'windrow.topic': `${topic.name} ${topic.id}`,
      'windrow.epoch': String(this.context.epoch),
      'windrow.file': randomUUID(),
    }
  }

  private async remove(names: readonly string[]): Promise<void> {
    if (names.length === 0) return
    this.context.assertHeld()
    await this.context.storage.remove(names)
  }

  private async touch(state: GoldState): Promise<GoldFlush> {
    const { clock, tuning } = this.context
    if (clock.now() - state.at >= tuning.touchIntervalMs) await this.writeState({ ...state, at: clock.now() })
    return NOTHING
  }

  private async readState(topic: Topic): Promise<Held> {
    const read = await this.context.storage.read(this.stateName)
    if (read === null) return { state: null, tag: null }
    const state = decodeGoldState(this.stateName, read.bytes)
    if (state.topicId === topic.id && (await this.isOfOtherRecords(state, topic))) {
      this.doubt = 'the log may have been put back, and have grown since: the last record is not the one that was read'
    }
    return { state, tag: read.tag }
  }

  private async isOfOtherRecords({ last = [] }: GoldState, topic: Topic): Promise<boolean> {
    for (const [partition, record] of last.entries()) {
      if (record !== null && (await isOtherRecord(this.context.log, topic, partition, record))) return true
    }
    return false
  }

  private async writeState(state: GoldState): Promise<void> {
    const { storage, assertHeld } = this.context
    const { tag } = this.held as Held
    assertHeld()
    const written = await storage.write(this.stateName, encodeGoldState(state), tag === null ? 'none' : { tag })
    this.held = { state, tag: written }
  }

  /** The files that are there. Others than those that the state tells of let the whole view be compared. */
  private async look(state: GoldState | null): Promise<ReadonlyMap<string, Partial<GoldFile>>> {
    const there = new Map<string, Partial<GoldFile>>()
    for await (const { name, bytes, tag } of this.context.storage.list(this.layout.folder)) {
      if (!name.endsWith('.parquet')) continue
      const known = state?.files[name]
      there.set(name, known?.tag === tag ? known : { tag, bytes })
    }
    this.lookedAt = this.context.clock.monotonic()
    if (state !== null && state.intent?.whole !== true) {
      const pending = new Set(state.intent?.files ?? [])
      const isOther = (name: string): boolean => !pending.has(name) && there.get(name)?.tag !== state.files[name]?.tag
      if ([...there.keys(), ...Object.keys(state.files)].some(isOther)) this.doubt = 'its files are not those that were written'
    }
    return there
  }

  private bounds(topic: Topic): Promise<PartitionBounds[]> {
    return Promise.all(Array.from({ length: topic.partitions }, (_, partition) => this.context.log.bounds(topic, partition)))
  }

  private empty(): GoldState {
    return { view: this.view.name, topic: '', topicId: '', form: this.form, ends: [], at: 0, files: {}, intent: null }
  }
}

/** The same pages, and how many changes there were in them once they are read. */
function counting(pages: AsyncIterable<readonly GoldChange[]>): {
  readonly pages: AsyncIterable<readonly GoldChange[]>
  count(): number
} {
  let count = 0
  async function* counted(): AsyncGenerator<readonly GoldChange[]> {
    for await (const page of pages) {
      count += page.length
      yield page
    }
  }
  return { pages: counted(), count: () => count }
}

async function* noPages(): AsyncGenerator<readonly GoldChange[]> {}
