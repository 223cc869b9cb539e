import { randomUUID } from 'node:crypto'
import { systemClock } from '../../src/core/clock.ts'
import { partitionOf } from '../../src/core/murmur2.ts'
import { keyText, RecordBlockBuilder, valueBytes } from '../../src/core/record-block.ts'
import {
  DEAD_LETTER_SCHEMA,
  DEAD_LETTERS_TOPIC,
  type DeadLetter,
  deadLetterKey,
  decodeDeadLetter,
  encodeDeadLetter,
} from '../../src/events/dead-letter.ts'
import type { Topic, Write } from '../../src/log/port.ts'
import type { RefusedRow } from '../../src/sinks/refused-row.ts'
import type { Sink } from '../../src/sinks/sink.ts'
import type { SinkTuning } from '../../src/sinks/sink-options.ts'
import { type SinkRunner, startSinkRunner } from '../../src/sinks/sink-runner.ts'
import { type MemoryLog, memoryLog } from '../../src/testing/memory-log.ts'
import { rowEncoder, rowSchema } from '../../src/views/row-codec.ts'
import { canonicalKey } from '../../src/views/row-key.ts'
import type { Cell, View } from '../../src/views/view.ts'
import { currentViewRecords, firstGeneration, VIEWS_CURRENT_TOPIC } from '../../src/views/views-current.ts'
import { silentLogger } from '../sinks/silent-logger.ts'

/** A change of a view: all cells of a row, or the key's cells alone where it is gone. */
export type Change = { readonly put: readonly Cell[] } | { readonly drop: readonly Cell[] }

export interface SinkWorld {
  readonly log: MemoryLog
  readonly view: View
  /** The topic of the current generation. */
  topic(): Topic
  /** Writes changes into the view topic, each into the partition of its first key cell, in one append. */
  write(changes: readonly Change[]): Promise<void>
  /** Deletes the topic and makes another of the same name. */
  makeTopicAnew(): Promise<void>
  /** Makes the next generation, with these rows, and says that it is current. */
  nextGeneration(changes: readonly Change[]): Promise<void>
  /** Writes a record that is no row. */
  writeRubbish(station: string): Promise<void>
  /** What a store has to hold: the rows that were put and not dropped since, by key. */
  expected(): Cell[][]
  /** `log`: another session on the same log, as another process has it. */
  start(sink: Sink, tuning?: Partial<SinkTuning>, log?: MemoryLog): Promise<SinkRunner>
  /** Compacts the topic when a day has gone by: its tombstones are forgotten. */
  forgetTombstones(): Promise<void>
  /** The same log as it was before anything was written to the topic: what a backup was put back to. */
  putBack(): Promise<SinkWorld>
  /** Waits until the store has everything. */
  caughtUp(runner: SinkRunner): Promise<void>
  deadLetters(): Promise<DeadLetter[]>
}

/** Waits so short that no test has to. */
const QUICK: Partial<SinkTuning> = { firstBackoffMs: 1, mostBackoffMs: 5, progressIntervalMs: 5 }
/** Longer than a comparison is waited for whose process ended in the middle (60 s), and than any request to a store is (30 s). */
export const PATIENCE_MS = 90_000

export function rowKeyOf(view: View, cells: readonly Cell[]): string {
  return canonicalKey(view, cells)
}

export function byKey(view: View, rows: ReadonlyArray<readonly Cell[]>): Cell[][] {
  const keyed = rows.map((row) => ({ key: rowKeyOf(view, row), row: [...row] }))
  return keyed.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ row }) => row)
}

/** A log in memory with one view in it, and what a test does to them. */
export async function sinkWorld(view: View, partitions = 2, logId: string = randomUUID()): Promise<SinkWorld> {
  let aheadMs = 0
  let topics = 0
  const log = memoryLog({ now: () => Date.now() + aheadMs, newTopicId: () => `${logId}-${topics++}` })
  const rowSchemaId = await log.registry.register(`views.${view.name}-value`, rowSchema(view))
  const currentSchemaId = await log.registry.register(`${VIEWS_CURRENT_TOPIC}-value`, currentViewRecords.schema)
  const deadLetterSchemaId = await log.registry.register(`${DEAD_LETTERS_TOPIC}-value`, DEAD_LETTER_SCHEMA)
  const current = await log.ensureTopic({ name: VIEWS_CURRENT_TOPIC, partitions: 1, cleanup: 'compact' })
  const deadLetters = await log.ensureTopic({ name: DEAD_LETTERS_TOPIC, partitions: 1, cleanup: 'compact' })
  const encoder = rowEncoder(view, rowSchemaId)
  const rows = new Map<string, readonly Cell[]>()
  let generation = 0
  let topic: Topic

  const partitionFor = (key: readonly Cell[]): number => partitionOf(new TextEncoder().encode(String(key[0])), partitions)

  async function write(changes: readonly Change[]): Promise<void> {
    const builders = new Map<number, RecordBlockBuilder>()
    for (const change of changes) {
      const cells = 'put' in change ? change.put : change.drop
      const key = rowKeyOf(view, cells)
      const partition = partitionFor(cells)
      const builder = builders.get(partition) ?? new RecordBlockBuilder()
      builders.set(partition, builder)
      const headers = rows.has(key) ? undefined : { new: '1' }
      if ('put' in change) {
        builder.add(key, encoder.encode(change.put), headers)
        rows.set(key, change.put)
      } else {
        builder.add(key, null)
        rows.delete(key)
      }
    }
    await log.append([...builders].map(([partition, builder]): Write => ({ topic, partition, block: builder.build() })))
  }

  async function makeTopic(name: string): Promise<void> {
    topic = await log.ensureTopic({ name, partitions, cleanup: 'compact' })
    rows.clear()
  }

  async function sayCurrent(): Promise<void> {
    const endOffsets = await Promise.all(Array.from({ length: partitions }, async (_, p) => (await log.bounds(topic, p)).end))
    const record = { ...firstGeneration(view.name, topic, 'f', 0), generation, endOffsets }
    const block = new RecordBlockBuilder()
    block.add(view.name, currentViewRecords.encode(record, currentSchemaId))
    await log.append([{ topic: current, partition: 0, block: block.build() }])
  }

  async function nextGeneration(changes: readonly Change[]): Promise<void> {
    generation += 1
    await makeTopic(`views.${view.name}.g${generation}`)
    await write(changes)
    await sayCurrent()
  }

  function deadLetter(refused: RefusedRow): Write {
    const { topic: from, partition } = refused.target
    const origin = {
      kind: 'sink',
      sink: refused.sink,
      topic: from.name,
      topicId: from.id,
      partition,
      offset: refused.offset,
    } as const
    const { code, message, key, value } = refused
    const letter = { origin, line: null, code, message, key, value, valueLength: value?.byteLength ?? 0, at: 0 }
    const block = new RecordBlockBuilder()
    block.add(deadLetterKey(origin), encodeDeadLetter(letter, deadLetterSchemaId))
    return { topic: deadLetters, partition: 0, block: block.build() }
  }

  await nextGeneration([])
  return {
    log,
    view,
    topic: () => topic,
    write,
    async makeTopicAnew() {
      await log.deleteTopic(topic.name)
      await makeTopic(topic.name)
      await sayCurrent()
    },
    nextGeneration,
    async writeRubbish(station) {
      const block = new RecordBlockBuilder()
      block.add(rowKeyOf(view, [station, 0]), Uint8Array.of(0, 0, 0, 0, rowSchemaId, 255))
      await log.append([{ topic, partition: partitionFor([station]), block: block.build() }])
    },
    expected: () => byKey(view, [...rows.values()]),
    async forgetTombstones() {
      aheadMs += 25 * 3_600_000
      await log.compact(topic)
    },
    putBack: () => sinkWorld(view, partitions, logId),
    start: (sink, tuning = {}, session = log) =>
      startSinkRunner({
        sink,
        log: session,
        views: [view],
        deadLetter,
        logger: silentLogger,
        clock: systemClock,
        tuning: { ...QUICK, ...tuning },
        random: () => 0.5,
      }),
    async caughtUp(runner) {
      const ends = await Promise.all(Array.from({ length: partitions }, async (_, p) => (await log.bounds(topic, p)).end))
      await runner.untilCaughtUp([{ topic, ends }], AbortSignal.timeout(PATIENCE_MS))
    },
    async deadLetters() {
      const letters = new Map<string, DeadLetter>()
      const reader = log.reader(deadLetters, 0)
      for (let batch = await reader.next(); batch !== null; batch = await reader.next()) {
        for (let i = 0; i < batch.count; i++) {
          letters.set(keyText(batch, i), decodeDeadLetter(valueBytes(batch, i) as Uint8Array))
        }
      }
      await reader.close()
      return [...letters.values()]
    },
  }
}
