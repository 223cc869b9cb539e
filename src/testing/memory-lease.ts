import { WindrowError } from '../core/errors.ts'
import type { ExclusiveWriter, PartitionLease, Progress, Topic, Write } from '../log/port.ts'
import { assertProgress } from '../log/progress.ts'
import { leaseName, type MemoryState } from './memory-state.ts'

export class MemoryLease implements PartitionLease {
  readonly group: string
  readonly topic: Topic
  readonly partition: number
  readonly epoch: number
  readonly progress: Progress | null
  private readonly state: MemoryState
  private readonly controller = new AbortController()
  private readonly name: string

  constructor(state: MemoryState, group: string, topic: Topic, partition: number, epoch: number) {
    this.state = state
    this.group = group
    this.topic = topic
    this.partition = partition
    this.epoch = epoch
    this.name = leaseName(group, topic, partition)
    this.progress = state.progress.get(this.name) ?? null
  }

  get lost(): AbortSignal {
    return this.controller.signal
  }

  isHeld(): boolean {
    return !this.controller.signal.aborted && this.state.leases.get(this.name)?.holder === this
  }

  async commit(progress: Progress, writes: readonly Write[]): Promise<readonly number[]> {
    assertProgress(progress)
    if (!this.isHeld()) {
      const error = fenced(`${this.topic.name}/${this.partition} (group ${this.group})`)
      this.controller.abort(error)
      throw error
    }
    const bases = this.state.append(writes)
    this.state.progress.set(this.name, { offset: progress.offset, metadata: progress.metadata })
    return bases
  }

  giveUp(reason?: unknown): void {
    const record = this.state.leases.get(this.name)
    if (record?.holder === this) record.holder = null
    this.controller.abort(reason ?? fenced(`${this.topic.name}/${this.partition} (group ${this.group})`))
  }

  /** Takes it away; the holder is not told. */
  takeAway(): void {
    const record = this.state.leases.get(this.name)
    if (record?.holder === this) record.holder = null
  }
}

export class MemoryWriter implements ExclusiveWriter {
  readonly epoch: number
  private readonly state: MemoryState
  private readonly id: string
  private readonly controller = new AbortController()

  constructor(state: MemoryState, id: string, epoch: number) {
    this.state = state
    this.id = id
    this.epoch = epoch
    state.writers.set(id, { epoch, holder: this })
  }

  get lost(): AbortSignal {
    return this.controller.signal
  }

  async commit(writes: readonly Write[]): Promise<readonly number[]> {
    if (this.controller.signal.aborted || this.state.writers.get(this.id)?.holder !== this) {
      const error = fenced(`The writer "${this.id}"`)
      this.controller.abort(error)
      throw error
    }
    return this.state.append(writes)
  }

  async close(): Promise<void> {
    this.takeAway()
    this.controller.abort(fenced(`The writer "${this.id}"`))
  }

  /** Takes it away; the holder is not told. */
  takeAway(): void {
    const record = this.state.writers.get(this.id)
    if (record?.holder === this) record.holder = null
  }
}

function fenced(what: string): WindrowError {
  return new WindrowError('WR_FENCED', {
    message: `${what} belongs to another session by now; nothing was written`,
    remedy: 'Nothing needs to be done: the new holder goes on from the last commit.',
  })
}
