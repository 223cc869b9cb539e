import { settledWithin } from '../core/settled-within.ts'
import type { GroupMember, PartitionLease, Topic } from '../log/port.ts'
import type { View } from '../views/view.ts'
import { PartitionSink } from './partition-sink.ts'
import type { PreparedStore } from './prepared-store.ts'
import { type SinkContext, sinkGroup } from './sink-options.ts'
import type { SinkStatus } from './sink-status.ts'

interface Running {
  readonly sink: PartitionSink
  readonly stop: AbortController
  readonly done: Promise<void>
}

/** Writes one generation of a view into a store: those of its partitions that the group gives to this process. */
export class ViewSink {
  readonly view: View
  readonly topic: Topic
  private readonly context: SinkContext
  private readonly store: PreparedStore
  private readonly running = new Map<PartitionLease, Running>()
  private member: GroupMember | null = null
  private leaving: Promise<void> | null = null

  constructor(context: SinkContext, store: PreparedStore, view: View, topic: Topic) {
    this.context = context
    this.store = store
    this.view = view
    this.topic = topic
  }

  get group(): string {
    return sinkGroup(this.context.sink, this.topic.id)
  }

  /** When it rejects, nothing is left of it. */
  async start(): Promise<void> {
    try {
      this.member = await this.context.log.joinGroup({
        group: this.group,
        topics: [this.topic],
        onAssigned: (lease) => this.begin(lease),
        onRevoked: (lease) => this.end(lease),
      })
    } catch (error) {
      await this.endAll()
      throw error
    }
  }

  /** Ends after the batches under way, with their progress committed. */
  async stop(): Promise<void> {
    await (this.leaving ?? this.member?.leave())
    // A member that leaves is not told of leases that were lost just before.
    await this.endAll()
  }

  statuses(): Promise<SinkStatus[]> {
    return Promise.all([...this.running.values()].map(({ sink }) => sink.status()))
  }

  private begin(lease: PartitionLease): void {
    const stop = new AbortController()
    const sink = new PartitionSink({
      context: this.context,
      view: this.view,
      lease,
      store: this.store,
      stop: stop.signal,
      onNewer: () => this.stepAside(),
    })
    const done = sink.run().finally(() => this.running.delete(lease))
    this.running.set(lease, { sink, stop, done })
  }

  /** A process of the newer version could not write the partitions that this one holds on to. */
  private stepAside(): void {
    if (this.leaving !== null || this.member === null) return
    const { logger, sink } = this.context
    this.leaving = this.member.leave()
    this.leaving.catch((error: unknown) =>
      logger.debug({ sink: sink.name, view: this.view.name, err: error }, 'cannot step aside'),
    )
  }

  private async endAll(): Promise<void> {
    await Promise.all([...this.running.keys()].map((lease) => this.end(lease)))
  }

  private async end(lease: PartitionLease): Promise<void> {
    const running = this.running.get(lease)
    if (running === undefined) return
    running.stop.abort()
    const { clock, tuning, logger, sink } = this.context
    if (await settledWithin(clock, running.done, tuning.stopGraceMs)) return
    this.running.delete(lease)
    const facts = { sink: sink.name, view: this.view.name, partition: lease.partition }
    logger.warn(facts, `a write of ${this.view.name} is given up, since ${sink.describe()} does not answer`)
  }
}
