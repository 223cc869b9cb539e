import { RecordBlockBuilder } from '../../src/core/record-block.ts'
import type { KeyValueStore } from '../../src/kv/port.ts'
import type { Topic } from '../../src/log/port.ts'
import { resetViews } from '../../src/runtime/reset-views.ts'
import { type MemoryDisk, memoryDisk, memoryKv } from '../../src/testing/memory-kv.ts'
import { type MemoryLog, memoryLog } from '../../src/testing/memory-log.ts'
import { type FinalState, finalState } from './final-state.ts'
import { turn, turns } from './hasty-clock.ts'
import type { History, HistoryRecord } from './history.ts'
import type { Life, LocalState } from './life-plan.ts'
import { type Random, seededRandom } from './random.ts'
import { EVENTS, FOREIGN_SCHEMA, olderSchema, recordValue, type SchemaIds } from './record-bytes.ts'
import { type SimulatedProcess, startProcess } from './simulated-process.ts'

export interface Outcome {
  readonly state: FinalState
  /** What went wrong on the way. */
  readonly findings: readonly string[]
}

/** Lives a history through on a log in memory, with the real engine, and says what stands in the log at its end. */
export async function runHistory(history: History, lives: readonly Life[], seed: number): Promise<Outcome> {
  const world = await newWorld(history, seededRandom(seed))
  let frozen: SimulatedProcess[] = []
  for (const [i, life] of lives.entries()) {
    const records = i === lives.length - 1 ? history.records.length : life.records
    const processes = await live(world, { ...life, records }, frozen)
    frozen = processes.filter((process) => life.end === 'frozen' && !process.isDead)
  }
  for (const process of frozen) await process.wake()
  // A rebuilt view meets the same bad records again; their letters have the same keys.
  const lettersMayRepeat = lives.some(({ before }) => before === 'reset')
  const state = await finalState(world.log, world.topic, history.event, lettersMayRepeat)
  return { state, findings: world.processes.flatMap(({ findings }) => findings) }
}

interface World {
  readonly history: History
  readonly random: Random
  readonly log: MemoryLog
  readonly topic: Topic
  readonly ids: SchemaIds
  readonly processes: SimulatedProcess[]
  /** Records appended so far. */
  appended: number
  disk: MemoryDisk
  /** The local state as it was at the start of each life. */
  readonly backups: MemoryDisk[]
}

async function newWorld(history: History, random: Random): Promise<World> {
  let now = Date.UTC(2025, 0, 1)
  const log = memoryLog({ now: () => (now += random.int(0, 1000)) })
  const event = EVENTS[history.event]
  const topic = await log.ensureTopic({ name: event.defaultTopic, partitions: history.partitions, cleanup: 'keep' })
  const subject = `${event.defaultTopic}-value`
  const ids = {
    older: await log.registry.register(subject, olderSchema(event)),
    own: await log.registry.register(subject, event.schema),
    foreign: await log.registry.register('invoices-value', FOREIGN_SCHEMA),
  }
  return { history, random, log, topic, ids, processes: [], appended: 0, disk: memoryDisk(), backups: [] }
}

/** One life, from the start of its processes to their end. Whoever was frozen in the life before wakes up meanwhile. */
async function live(world: World, life: Life, frozen: readonly SimulatedProcess[]): Promise<SimulatedProcess[]> {
  if (life.before === 'compaction') await compactAll(world.log)
  if (life.before === 'reset') await resetViews(world.log, [world.topic.name])
  const store = storeOf(world, life.localState)
  const processes: SimulatedProcess[] = []
  for (let i = 0; i < life.processes; i++) {
    const own = life.processes > 1 && i > 0 ? (store === null ? null : memoryKv(world.disk)) : store
    const process = await startProcess(world.history, life, world.log, own, world.random)
    processes.push(process)
    world.processes.push(process)
  }
  await append(world, life)
  await turns(world.random.int(0, 20))
  for (const process of frozen) await process.wake()
  if (life.end === 'until the end') {
    // One that dies on the way leaves its partitions to the other, if there is one.
    await Promise.all(processes.map((process) => process.untilEnd()))
    for (const process of processes) await process.stop()
    return processes
  }
  for (let i = 0; i < life.turns; i++) await turn()
  for (const process of processes) {
    if (life.end === 'killed') await process.kill()
    else if (life.end === 'frozen' && !process.isDead) process.freeze()
    else await process.stop()
  }
  return processes
}

async function compactAll(log: MemoryLog): Promise<void> {
  for (const topic of await log.topics()) if (topic.cleanup === 'compact') await log.compact(topic)
}

async function append(world: World, life: Life): Promise<void> {
  const { history, log, topic } = world
  const end = Math.min(history.records.length, world.appended + life.records)
  while (world.appended < end) {
    const piece = history.records.slice(world.appended, Math.min(end, world.appended + Math.max(1, life.pieceRecords)))
    world.appended += piece.length
    await log.append(
      Array.from({ length: history.partitions }, (_, partition) => ({
        topic,
        partition,
        block: blockOf(world, piece, partition),
      })),
    )
    if (world.random.chance(0.5)) await turns(world.random.int(0, 3))
  }
}

function blockOf(world: World, records: readonly HistoryRecord[], partition: number) {
  const builder = new RecordBlockBuilder(1024)
  for (const record of records) {
    if (record.partition === partition) builder.add(record.key, recordValue(record, EVENTS[world.history.event], world.ids))
  }
  return builder.build()
}

function storeOf(world: World, localState: LocalState): KeyValueStore | null {
  world.backups.push(copyOf(world.disk))
  if (localState === 'none') return null
  if (localState === 'lost') world.disk = memoryDisk()
  if (localState === 'old') world.disk = copyOf(world.random.pick(world.backups))
  if (localState === 'damaged') damage(world.disk, world.random)
  return memoryKv(world.disk)
}

/** A saved segment begins with the offset that it stands for; what follows has a checksum. */
const SEGMENT = /^state\/[^\0]*\0s/
const OFFSET_BYTES = 8

/** Changes a byte of a third of the saved segments. */
function damage(disk: MemoryDisk, random: Random): void {
  for (const [key, value] of disk.values) {
    if (!SEGMENT.test(key) || random.chance(0.66)) continue
    const damaged = value.slice()
    const at = random.int(OFFSET_BYTES, value.byteLength - 1)
    damaged[at] = (damaged[at] as number) ^ random.int(1, 255)
    disk.values.set(key, damaged)
  }
}

function copyOf(disk: MemoryDisk): MemoryDisk {
  const copy = memoryDisk()
  for (const [key, value] of disk.values) copy.values.set(key, value)
  copy.dirty = true
  return copy
}
