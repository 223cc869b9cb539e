import { setTimeout as delay } from 'node:timers/promises'
import {
  heartbeatV4,
  joinGroupV7,
  joinGroupV8,
  joinGroupV9,
  leaveGroupV4,
  leaveGroupV5,
  syncGroupV4,
  syncGroupV5,
} from '@platformatic/kafka'
import type { Topic } from '../port.ts'
import type { ConnectionSettings } from './broker-connection.ts'
import type { Cluster } from './cluster.ts'
import { Coordinator } from './coordinator.ts'
import { decodeAssignment, decodeOwned, encodeAssignment, encodeSubscription } from './group-codec.ts'
import { isAnswer, kafkaFailure } from './kafka-errors.ts'
import { sharePartitions } from './share-partitions.ts'

const JOIN = [joinGroupV9, joinGroupV8, joinGroupV7]
const SYNC = [syncGroupV5, syncGroupV4]
const HEARTBEAT = [heartbeatV4]
const LEAVE = [leaveGroupV5, leaveGroupV4]

const PROTOCOL = 'windrow'
const HEARTBEAT_MS = 500
const PAUSE_MS = 200
const GOODBYE_MS = 1_000
const MEMBER_ID_REQUIRED = 79
/** Others are not waited for longer than this when a group is balanced; below the time that an answer may take. */
const LONGEST_REBALANCE_MS = 12_000

export interface MembershipOptions {
  readonly cluster: Cluster
  readonly settings: ConnectionSettings
  readonly groupId: string
  readonly topic: Topic
  /** A member that was not heard of for so long is out. */
  readonly sessionTimeoutMs: number
  /** Called when this member may take a partition that it does not hold. */
  readonly onAssigned: (partition: number) => void
  /**
   * Called when a partition has to be given up, once until it is assigned again; it goes to another member when the promise resolves.
   * `lost`: another member may have it already.
   */
  readonly onRevoked: (partition: number, lost: boolean) => Promise<void>
  /** Called when joining failed in a way that a person may have to mend; it is tried again. */
  readonly onTrouble?: (error: unknown) => void
}

/**
 * One member of a consumer group of one topic, by Kafka's own group protocol with incremental (cooperative) rebalancing: a partition
 * is given up before it is given to another, and nobody stops for what stays.
 */
export class GroupMembership {
  private readonly options: MembershipOptions
  private readonly joins: Coordinator
  private readonly beats: Coordinator
  private readonly end = new AbortController()
  private memberId = ''
  private generation = -1
  /** Held or being given up. */
  private readonly held = new Map<number, 'held' | 'leaving'>()
  private assigned: ReadonlySet<number> = new Set()
  private leaving = false
  private joining = false
  /** Until then nobody else can have what is held, by the monotonic clock. */
  private heldUntil = 0
  private expiry: NodeJS.Timeout | undefined
  private endJoinPause: () => void = () => undefined
  private endBeatPause: () => void = () => undefined
  private rejoin: () => void = () => undefined
  private rejoinWanted = false
  private readonly confirmations: Array<() => void> = []
  private loops: Promise<unknown> = Promise.resolve()
  private failedJoins = 0
  private onFirstJoin = { resolve: (): void => undefined, reject: (_error: unknown): void => undefined }

  constructor(options: MembershipOptions) {
    this.options = options
    this.joins = new Coordinator(options.cluster, options.settings, 'group', options.groupId)
    this.beats = new Coordinator(options.cluster, options.settings, 'group', options.groupId)
  }

  /** Resolves when this is a member and knows what it is assigned; rejects where waiting will not help. */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.onFirstJoin = { resolve, reject }
      this.loops = Promise.all([this.joinLoop(), this.heartbeatLoop()])
    })
  }

  /** True while the group gives the partition to this member. */
  isAssigned(partition: number): boolean {
    return this.assigned.has(partition)
  }

  isFresh(): boolean {
    return performance.now() < this.heldUntil
  }

  /** Resolves when the coordinator has said, asked after this call, that this is a member; never when it is one no more. */
  confirmed(): Promise<void> {
    return new Promise((resolve) => {
      this.confirmations.push(resolve)
      this.endBeatPause()
    })
  }

  /** To be called when another took a partition's place though it is assigned here: gives it up, and takes it again if it still is. */
  async retake(partition: number): Promise<void> {
    if (this.held.get(partition) === 'held') await this.giveUp(partition, true)
  }

  /** Gives up everything and leaves the group. */
  async leave(): Promise<void> {
    if (this.leaving) {
      await this.loops
      return
    }
    this.leaving = true
    await Promise.all([...this.held.keys()].map((partition) => this.giveUp(partition, false)))
    this.end.abort()
    this.endJoinPause()
    this.endBeatPause()
    this.rejoin()
    clearTimeout(this.expiry)
    if (this.memberId !== '') await this.sayGoodbye()
    this.joins.close()
    this.beats.close()
    await this.loops
  }

  private async sayGoodbye(): Promise<void> {
    const { groupId } = this.options
    const members = [{ memberId: this.memberId, reason: 'the member left' }]
    const told = this.beats.call(LEAVE, 'LeaveGroup', ({ errorCode }) => errorCode, groupId, members)
    // The group finds out by itself when the session ends: where no broker answers that is not waited for.
    await Promise.race([told.catch(() => undefined), delay(GOODBYE_MS, undefined, { ref: false })])
  }

  private async joinLoop(): Promise<void> {
    while (!this.end.signal.aborted) {
      try {
        this.joining = true
        await this.join()
        this.failedJoins = 0
        this.onFirstJoin.resolve()
      } catch (error) {
        this.joinFailed(error)
        await this.joinPause(Math.min(PAUSE_MS * 2 ** Math.min(this.failedJoins++, 4), 2_000))
        continue
      } finally {
        this.joining = false
      }
      await this.untilRejoin()
    }
  }

  private async untilRejoin(): Promise<void> {
    if (this.rejoinWanted || this.end.signal.aborted) return
    await new Promise<void>((resolve) => {
      this.rejoin = resolve
    })
  }

  private askToRejoin(): void {
    this.rejoinWanted = true
    this.rejoin()
  }

  private async join(): Promise<void> {
    const { groupId, topic, sessionTimeoutMs } = this.options
    this.rejoinWanted = false
    const owned = [...this.held.keys()]
    const protocols = [{ name: PROTOCOL, metadata: encodeSubscription({ topic: topic.name, owned }) }]
    const rebalanceMs = Math.min(sessionTimeoutMs, LONGEST_REBALANCE_MS)
    const codeOf = ({ errorCode }: { errorCode: number }): number => (errorCode === MEMBER_ID_REQUIRED ? 0 : errorCode)
    const ask = () =>
      this.joins.call(
        JOIN,
        'JoinGroup',
        codeOf,
        groupId,
        sessionTimeoutMs,
        rebalanceMs,
        this.memberId,
        null,
        'consumer',
        protocols,
      )
    let answer = await ask()
    if (answer.errorCode === MEMBER_ID_REQUIRED) {
      this.memberId = answer.memberId ?? ''
      answer = await ask()
    }
    const sentAt = performance.now()
    this.memberId = answer.memberId ?? ''
    this.generation = answer.generationId
    const assignments = answer.leader === answer.memberId ? this.shares(answer.members) : []
    const { memberId, generation } = this
    const code = ({ errorCode }: { errorCode: number }): number => errorCode
    const { assignment } = await this.joins.call(
      SYNC,
      'SyncGroup',
      code,
      groupId,
      generation,
      memberId,
      null,
      'consumer',
      PROTOCOL,
      assignments,
    )
    this.alive(sentAt)
    this.apply(new Set(decodeAssignment(assignment)))
  }

  private shares(
    members: ReadonlyArray<{ memberId: string; metadata?: Buffer | null }>,
  ): Array<{ memberId: string; assignment: Buffer }> {
    const { topic } = this.options
    const claims = members.map(({ memberId, metadata }) => ({ member: memberId, owned: decodeOwned(metadata ?? null) }))
    return [...sharePartitions(topic.partitions, claims)].map(([memberId, partitions]) => ({
      memberId,
      assignment: encodeAssignment(topic.name, partitions),
    }))
  }

  private joinFailed(error: unknown): void {
    const rejoins = isAnswer(error, 'UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'REBALANCE_IN_PROGRESS')
    if (!rejoins && !Coordinator.mayPass(error)) {
      const failure = kafkaFailure(error, this.options.topic)
      this.onFirstJoin.reject(failure)
      this.options.onTrouble?.(failure)
    }
    if (isAnswer(error, 'UNKNOWN_MEMBER_ID', 'FENCED_INSTANCE_ID')) {
      this.memberId = ''
      this.loseAll()
    }
    if (isAnswer(error, 'ILLEGAL_GENERATION')) this.loseAll()
  }

  private apply(assigned: ReadonlySet<number>): void {
    this.assigned = this.leaving ? new Set() : assigned
    for (const partition of [...this.held.keys()]) {
      if (!this.assigned.has(partition) && this.held.get(partition) === 'held') void this.giveUp(partition, false)
    }
    this.takeWhatIsFree()
  }

  private takeWhatIsFree(): void {
    if (this.leaving) return
    for (const partition of this.assigned) {
      if (this.held.has(partition)) continue
      this.held.set(partition, 'held')
      this.options.onAssigned(partition)
    }
  }

  private async giveUp(partition: number, lost: boolean): Promise<void> {
    this.held.set(partition, 'leaving')
    await this.options.onRevoked(partition, lost)
    this.held.delete(partition)
    if (this.assigned.has(partition)) this.takeWhatIsFree()
    else if (!this.leaving) this.askToRejoin()
  }

  private loseAll(): void {
    this.heldUntil = 0
    this.assigned = new Set()
    for (const partition of [...this.held.keys()]) void this.giveUp(partition, true)
    this.askToRejoin()
  }

  private async heartbeatLoop(): Promise<void> {
    const { groupId } = this.options
    while (!this.end.signal.aborted) {
      await this.beatPause(this.confirmations.length > 0 ? 0 : HEARTBEAT_MS)
      const { memberId, generation } = this
      if (memberId === '' || generation < 0 || this.end.signal.aborted) {
        await this.beatPause(PAUSE_MS / 10)
        continue
      }
      const waiting = [...this.confirmations]
      const sentAt = performance.now()
      try {
        await this.beats.call(HEARTBEAT, 'Heartbeat', ({ errorCode }) => errorCode, groupId, generation, memberId, null)
        this.alive(sentAt)
        this.confirmations.splice(0, waiting.length)
        for (const resolve of waiting) resolve()
      } catch (error) {
        if (memberId === this.memberId && generation === this.generation) this.heartbeatFailed(error, sentAt)
        if (waiting.length > 0) await this.beatPause(PAUSE_MS / 10)
      }
    }
  }

  private heartbeatFailed(error: unknown, sentAt: number): void {
    if (isAnswer(error, 'REBALANCE_IN_PROGRESS')) {
      // Still a member: nobody gets what it holds before it has joined or is out.
      this.alive(sentAt)
      if (!this.joining) this.askToRejoin()
      return
    }
    if (this.joining) return
    if (isAnswer(error, 'UNKNOWN_MEMBER_ID', 'FENCED_INSTANCE_ID')) this.memberId = ''
    else if (!isAnswer(error, 'ILLEGAL_GENERATION')) return
    this.loseAll()
  }

  private alive(since: number): void {
    this.heldUntil = Math.max(this.heldUntil, since + this.options.sessionTimeoutMs)
    clearTimeout(this.expiry)
    if (this.end.signal.aborted) return
    this.expiry = setTimeout(() => this.loseAll(), Math.max(0, this.heldUntil - performance.now()))
    this.expiry.unref()
  }

  private joinPause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.endJoinPause = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  private beatPause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.endBeatPause = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
