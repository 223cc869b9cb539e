import type { Clock } from '../core/clock.ts'
import { messageOf, WindrowError } from '../core/errors.ts'
import { DecayingRate, type SinkCounts, type SinkError, type SinkProblem, type SinkState } from './sink-status.ts'

/** What a partition's sink counts and says of itself. */
export class PartitionStats {
  state: SinkState = 'starting'
  problem: SinkProblem | null = null
  lastError: SinkError | null = null
  rowsWritten = 0
  retries = 0
  deadLettered = 0
  mended = 0
  lastWriteAt: number | null = null
  readonly ofView: SinkCounts
  private readonly clock: Clock
  private readonly rate = new DecayingRate()

  constructor(clock: Clock, ofView: SinkCounts) {
    this.clock = clock
    this.ofView = ofView
  }

  wrote(rows: number): void {
    this.problem = null
    this.rowsWritten += rows
    this.ofView.rowsWritten += rows
    this.rate.add(rows, this.clock.monotonic())
    if (rows > 0) this.lastWriteAt = this.clock.now()
  }

  refused(rows: number): void {
    this.deadLettered += rows
    this.ofView.deadLettered += rows
  }

  works(state: SinkState): void {
    this.state = state
    this.problem = null
  }

  /** Keeps the time of the first failure while failures follow each other. */
  failed(error: unknown): SinkProblem {
    this.state = 'waiting'
    this.retries += 1
    this.ofView.retries += 1
    const now = this.clock.now()
    const { code, message, remedy } = whatIsWrong(error)
    if (!isUsual(code)) this.lastError = { code, message, at: now }
    this.problem = { code, message, remedy, since: this.problem?.since ?? now }
    return this.problem
  }

  rowsPerSecond(): number {
    return this.rate.perSecond(this.clock.monotonic())
  }
}

/** To lose the right to write, for good or to one who compares the whole view, is nothing that went wrong. */
export function isUsual(code: string): boolean {
  return code === 'WR_FENCED' || code === 'WR_SINK_MENDING'
}

function whatIsWrong(error: unknown): Omit<SinkProblem, 'since'> {
  if (error instanceof WindrowError) return { code: error.code, message: error.message, remedy: error.remedy }
  return { code: 'WR_SINK_FAILED', message: messageOf(error), remedy: 'This is a mistake in the program: please report it.' }
}
