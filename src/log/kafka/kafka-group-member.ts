import { setTimeout as sleep } from 'node:timers/promises'
import type { GroupMember, GroupOptions, Topic } from '../port.ts'
import type { ConnectionSettings } from './broker-connection.ts'
import type { Cluster } from './cluster.ts'
import { committedOffsets, groupIdOf } from './committed-offsets.ts'
import { Coordinator, type SharedConnections } from './coordinator.ts'
import { FencedCommits } from './fenced-commits.ts'
import { GroupMembership } from './group-membership.ts'
import { KafkaLease } from './kafka-lease.ts'
import { encodeCommitted, nextEpoch } from './progress-text.ts'
import { TransactionalProducer } from './transactional-producer.ts'

export interface GroupContext {
  readonly cluster: Cluster
  readonly settings: ConnectionSettings
  readonly shared: SharedConnections
  readonly sessionTimeoutMs: number
}

const PAUSE_MS = 500

/** A member of one group of Kafka's for each topic. */
export async function joinKafkaGroup(context: GroupContext, options: GroupOptions): Promise<GroupMember> {
  const members = options.topics.map((topic) => new TopicMember(context, options, topic))
  const leave = async (): Promise<void> => {
    await Promise.all(members.map((member) => member.leave()))
  }
  try {
    await Promise.all(members.map((member) => member.start()))
  } catch (error) {
    await leave()
    throw error
  }
  return { leave }
}

/** A partition that was assigned: being taken, then held. */
interface Taken {
  readonly stop: AbortController
  /** Null when it was given up before it was taken. */
  readonly done: Promise<{ readonly lease: KafkaLease; readonly commits: FencedCommits } | null>
}

class TopicMember {
  private readonly context: GroupContext
  private readonly options: GroupOptions
  private readonly topic: Topic
  private readonly membership: GroupMembership
  private readonly offsets: Coordinator
  private readonly taken = new Map<number, Taken>()

  constructor(context: GroupContext, options: GroupOptions, topic: Topic) {
    const { cluster, settings, shared, sessionTimeoutMs } = context
    this.context = context
    this.options = options
    this.topic = topic
    const groupId = groupIdOf(options.group, topic)
    this.offsets = new Coordinator(cluster, shared, 'group', groupId)
    this.membership = new GroupMembership({
      cluster,
      settings,
      groupId,
      topic,
      sessionTimeoutMs,
      onAssigned: (partition) => {
        const stop = new AbortController()
        this.taken.set(partition, { stop, done: this.take(partition, stop.signal) })
      },
      onRevoked: (partition, lost) => this.giveUp(partition, lost),
      onTrouble: (error) => options.onTrouble?.({ topic, partition: null, error }),
    })
  }

  start(): Promise<void> {
    return this.membership.start()
  }

  async leave(): Promise<void> {
    await this.membership.leave()
    this.offsets.close()
  }

  private async take(partition: number, stop: AbortSignal): Promise<{ lease: KafkaLease; commits: FencedCommits } | null> {
    const { cluster, settings } = this.context
    const groupId = groupIdOf(this.options.group, this.topic)
    const what = `${this.topic.name}/${partition} (group ${this.options.group})`
    const producer = new TransactionalProducer({ cluster, settings, transactionalId: `windrow.${groupId}.${partition}`, what })
    while (!stop.aborted) {
      try {
        // Whoever slept since it was assigned the partition must not drive out who has it now.
        await untilOrStopped(this.membership.confirmed(), stop)
        if (stop.aborted) break
        const partitions = (this.options.writesTo ?? [])
          .filter((topic) => partition < topic.partitions)
          .map((topic) => ({ topic, partition }))
        await producer.init(stop, { partitions, progress: { group: groupId, topic: this.topic, partition } })
        // Read after the takeover: what the holder before had under way has been committed or aborted by now.
        const committed = await committedOffsets(this.offsets, groupId, this.topic, stop)
        const found = committed.find((one) => one.partition === partition)
        const progress = found?.progress ?? null
        const epoch = nextEpoch(found?.epoch ?? 0)
        const metadata = encodeCommitted({ epoch, metadata: progress?.metadata ?? null })
        const { topic } = this
        await producer.commit([], { group: groupId, topic, partition, offset: progress?.offset ?? 0, metadata }, stop)
        const commits = new FencedCommits(producer, what, () => this.membership.isFresh())
        const lease = new KafkaLease({ group: this.options.group, topic, partition, epoch, progress }, commits)
        if (stop.aborted) break
        commits.lost.addEventListener('abort', () => this.wasLost(partition, lease), { once: true })
        // Told after `done` has it, so that a callback that gives up at once finds it.
        queueMicrotask(() => this.options.onAssigned(lease))
        return { lease, commits }
      } catch (error) {
        // Brokers may be away, or somebody else may have taken it over in between: it is assigned, so it is tried again.
        if (!stop.aborted) this.options.onTrouble?.({ topic: this.topic, partition, error })
        await sleep(PAUSE_MS, undefined, { signal: stop }).catch(() => undefined)
      }
    }
    await producer.close()
    return null
  }

  /** The broker refused a commit: another one took the partition though the group still gives it to this member. */
  private wasLost(partition: number, lease: KafkaLease): void {
    void this.taken.get(partition)?.done.then((taken) => {
      if (taken?.lease === lease) void this.membership.retake(partition)
    })
  }

  private async giveUp(partition: number, lost: boolean): Promise<void> {
    const taken = this.taken.get(partition)
    if (taken === undefined) return
    taken.stop.abort()
    const held = await taken.done
    if (held !== null) {
      if (lost) held.commits.lose()
      let reason: unknown
      try {
        await this.options.onRevoked(held.lease)
      } catch (error) {
        // Whoever worked on it failed, and must not keep the others waiting; the reason goes with the signal.
        reason = error
      }
      held.commits.lose(reason)
      await held.commits.close()
    }
    if (this.taken.get(partition) === taken) this.taken.delete(partition)
  }
}

function untilOrStopped(promise: Promise<void>, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (stop.aborted) return resolve()
    const end = (): void => {
      stop.removeEventListener('abort', end)
      resolve()
    }
    stop.addEventListener('abort', end)
    void promise.then(end)
  })
}
