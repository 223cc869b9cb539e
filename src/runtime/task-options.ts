import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import type { EventType } from '../events/event-type.ts'
import type { KeyValueStore } from '../kv/port.ts'
import type { Log, PartitionLease, Progress } from '../log/port.ts'
import type { Topology } from '../streams/topology.ts'
import type { DeadLetterTopic } from './dead-letter-output.ts'
import type { Generations } from './generations.ts'
import type { MemoryBudget } from './memory-budget.ts'
import type { TaskTuning } from './task-tuning.ts'

export interface TaskOptions {
  readonly log: Log
  readonly lease: PartitionLease
  /** Where to begin: what is committed now. */
  readonly progress: Progress | null
  readonly event: EventType
  readonly topologies: readonly Topology[]
  /** Where the rows go. */
  readonly generations: Generations
  /** Null: what cannot be used is left out without a word, for one who has said it already. */
  readonly deadLetters: DeadLetterTopic | null
  /** Where segments go that do not fit into memory, and what a restart begins from; null keeps all in memory. */
  readonly kv: KeyValueStore | null
  /** True when what is on disk is known to be damaged: it is read from the log again. */
  readonly discardState: boolean
  readonly budget: MemoryBudget
  /** Infinity takes readings of any age. */
  readonly allowedLatenessMs: number
  /** Milliseconds since the epoch: readings ingested later are left out, as if they were not in the log. */
  readonly asOf?: number
  readonly tuning: TaskTuning
  /** False: it ends on a full disk, for one that others can do without. Default: it waits for room. */
  readonly waitsForRoom?: boolean
  readonly clock: Clock
  readonly logger: Logger
  /** False once nobody will go on from the local state: then it is not saved at the end. */
  readonly isStateOfUse?: () => boolean
  /** Called after each commit with the topic and how long computing and committing the rows took. */
  readonly onCommit?: CommitListener
}

export type CommitListener = (topic: string, seconds: number) => void
