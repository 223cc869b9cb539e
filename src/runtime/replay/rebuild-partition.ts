import type { Clock } from '../../core/clock.ts'
import type { Logger } from '../../core/logger.ts'
import type { EventType } from '../../events/event-type.ts'
import type { KeyValueStore } from '../../kv/port.ts'
import type { Log, PartitionLease, Topic, Write } from '../../log/port.ts'
import type { Topology } from '../../streams/topology.ts'
import { fixedGenerations } from '../generations.ts'
import type { LiveView } from '../live-views.ts'
import { MemoryBudget } from '../memory-budget.ts'
import { Task } from '../task.ts'
import { DEFAULT_TUNING } from '../task-tuning.ts'
import { boundedLog } from './bounded-log.ts'
import { REBUILT_SCHEMA_ID, type RowStore } from './row-store.ts'

export interface RebuildPartitionOptions {
  readonly log: Log
  readonly event: EventType
  readonly topic: Topic
  readonly partition: number
  readonly end: number
  /** What rows were at this offset is kept too; Infinity: nowhere. */
  readonly mark: number
  readonly topologies: readonly Topology[]
  /** By view: where the rows go. */
  readonly rows: ReadonlyMap<string, RowStore>
  readonly asOf?: number
  readonly allowedLatenessMinutes?: ReadonlyMap<string, number>
  readonly memoryBytes: number
  readonly kv: KeyValueStore
  readonly clock: Clock
  readonly logger: Logger
  readonly signal: AbortSignal
  /** Called after each read with the offset that comes next. */
  readonly onOffset: (offset: number) => void
}

const GROUP = 'rebuild'

/** Nobody waits for single rows, so each is computed as rarely as memory allows. Nothing of the state is kept. */
const TUNING = {
  ...DEFAULT_TUNING,
  commitIntervalMs: 10_000,
  catchUpIntervalMs: 10_000,
  commitReadings: 500_000,
  checkpointReadings: Number.POSITIVE_INFINITY,
}

/** Runs the topologies of an event over one partition of its readings, from the log's start up to `end`. */
export async function rebuildPartition(options: RebuildPartitionOptions): Promise<void> {
  const { log, topic, partition, end, mark, rows, signal, onOffset } = options
  const over = new AbortController()
  let isBeyondMark = false
  const bounded = boundedLog(log, {
    end,
    mark,
    onMark: () => {
      isBeyondMark = true
    },
    onRead: (batch) => onOffset(batch.nextOffset),
    onEnd: () => over.abort(new Error('all has been read')),
  })
  const take = async ({ topic: { name }, block }: Write): Promise<void> => rows.get(name)?.take(block, isBeyondMark)
  await newTask(options, bounded, scratchLease(topic, partition, take, over.signal)).run(signal)
  signal.throwIfAborted()
}

/** A lease that nobody else can want: what is committed is taken. Its loss ends the task. */
function scratchLease(topic: Topic, partition: number, take: (write: Write) => Promise<void>, lost: AbortSignal): PartitionLease {
  return {
    group: GROUP,
    topic,
    partition,
    epoch: 1,
    progress: null,
    lost,
    isHeld: () => !lost.aborted,
    async commit(_, writes) {
      for (const write of writes) await take(write)
      return writes.map(() => 0)
    },
  }
}

function newTask(options: RebuildPartitionOptions, log: Log, lease: PartitionLease): Task {
  const { event, topologies, rows, asOf, allowedLatenessMinutes, memoryBytes, kv, clock, logger } = options
  const minutes = allowedLatenessMinutes?.get(event.name)
  const views = new Map([...rows.values()].map(({ view }) => [view.name, scratchView(view, lease.topic.partitions)]))
  return new Task({
    log,
    lease,
    progress: null,
    event,
    topologies: topologies.filter((topology) => topology.event === event),
    generations: fixedGenerations(views),
    deadLetters: null,
    kv,
    discardState: true,
    budget: new MemoryBudget(memoryBytes),
    allowedLatenessMs: minutes === undefined ? Number.POSITIVE_INFINITY : minutes * 60_000,
    tuning: TUNING,
    clock,
    logger: quiet(logger),
    ...(asOf === undefined ? {} : { asOf }),
  })
}

function scratchView(view: LiveView['view'], partitions: number): LiveView {
  return { view, generation: 1, topic: scratchTopic(view.name, partitions), schemaId: REBUILT_SCHEMA_ID, inputs: [] }
}

/** A topic that is in no log: its name says where its writes go. */
function scratchTopic(name: string, partitions: number): Topic {
  return { name, partitions, cleanup: 'compact', id: GROUP }
}

/** That the lease ends says nothing here: the end is what it was given for. */
function quiet(logger: Logger): Logger {
  return {
    debug: (facts, message) => logger.debug(facts, message),
    info: (facts, message) => logger.debug(facts, message),
    warn: (facts, message) => logger.warn(facts, message),
    error: (facts, message) => logger.error(facts, message),
  }
}
