import { randomBytes } from 'node:crypto'
import { afterPrefix } from '../../kv/bytes.ts'
import type { KeyValueStore } from '../../kv/port.ts'
import { balance, type Contender, type Seat } from '../balance.ts'
import { topicGone } from '../errors.ts'
import type { GroupMember, GroupOptions, Topic } from '../port.ts'
import { decodeProgress } from '../progress.ts'
import type { Committer } from './committer.ts'
import { FencedCommits, HeldLease } from './held-lease.ts'
import { decodeLease, encodeLease, type LeaseRecord } from './lease-record.ts'
import { groupKey, headKey, leaseKey, memberKey, membersPrefix, progressKey } from './log-keys.ts'
import { fenced, type Presence } from './presence.ts'
import type { Session } from './session.ts'

interface MemberRecord {
  readonly session: string
  readonly topics: readonly string[]
}

interface Held {
  readonly lease: HeldLease
  readonly commits: FencedCommits
  /** What `onRevoked` returned, once it was called. */
  revoked: Promise<void> | null
  /** Under way while the lease is being given up. */
  giving: Promise<void> | null
}

interface OpenSeat extends Seat {
  readonly of: Topic
  readonly key: Uint8Array
  readonly raw: Uint8Array | undefined
  readonly record: LeaseRecord
}

const text = new TextEncoder()
const decoder = new TextDecoder()

/**
 * A member of a group. There is no leader: every member looks at the same records, comes to the same balance, gives up what
 * is not its own any more and takes what is free. Two that see things differently for a moment do no harm, since a
 * lease is taken by comparing and setting its record, and every commit is conditional on it.
 */
export class EmbeddedGroupMember implements GroupMember {
  private readonly kv: KeyValueStore
  private readonly committer: Committer
  private readonly presence: Presence
  private readonly options: GroupOptions
  private readonly id = randomBytes(9).toString('base64url')
  private readonly held = new Map<string, Held>()
  private session: Session | null = null
  private seen: Uint8Array | undefined
  private running: Promise<void> | null = null
  private again = false
  private left: Promise<void> | null = null
  private unwatch: (() => void) | null = null
  private timer: NodeJS.Timeout | null = null

  private constructor(kv: KeyValueStore, committer: Committer, presence: Presence, options: GroupOptions) {
    this.kv = kv
    this.committer = committer
    this.presence = presence
    this.options = options
  }

  static async join(
    kv: KeyValueStore,
    committer: Committer,
    presence: Presence,
    options: GroupOptions,
  ): Promise<EmbeddedGroupMember> {
    const member = new EmbeddedGroupMember(kv, committer, presence, options)
    await member.register()
    member.unwatch = kv.watch(() => member.lookIfChanged())
    member.timer = setInterval(() => member.look(), presence.lookEveryMs)
    member.look()
    return member
  }

  leave(): Promise<void> {
    this.left ??= this.depart()
    return this.left
  }

  private async depart(): Promise<void> {
    this.unwatch?.()
    if (this.timer !== null) clearInterval(this.timer)
    this.timer = null
    await this.running
    await Promise.all([...this.held.values()].map((held) => this.giveUp(held)))
    await this.kv.batch([{ key: memberKey(this.options.group, this.id), value: null }, this.changed()])
  }

  private async register(): Promise<void> {
    const session = await this.presence.session()
    this.session = session
    const record: MemberRecord = { session: session.id, topics: this.options.topics.map(({ id }) => id) }
    await this.kv.batch([
      { key: memberKey(this.options.group, this.id), value: text.encode(JSON.stringify(record)) },
      this.changed(),
    ])
    session.ended.signal.addEventListener('abort', () => this.loseAll(session), { once: true })
  }

  private loseAll(session: Session): void {
    for (const { commits } of this.held.values()) if (commits.fence.session === session) commits.lose(session.ended.signal.reason)
    this.held.clear()
    if (this.left === null) this.look()
  }

  private lookIfChanged(): void {
    const now = this.kv.get(groupKey(this.options.group))
    if (now === undefined || this.seen === undefined || Buffer.compare(now, this.seen) !== 0) this.look()
  }

  private look(): void {
    this.again = true
    this.running ??= this.lookWhileNeeded()
  }

  private async lookWhileNeeded(): Promise<void> {
    // Not before `running` is set.
    await Promise.resolve()
    while (this.again && this.left === null) {
      this.again = false
      try {
        await this.settle()
      } catch (error) {
        // The leases cannot be kept up; whoever works on them is told why. The next look tries again.
        for (const { commits } of this.held.values()) commits.lose(error)
        this.held.clear()
      }
    }
    this.running = null
  }

  /** One look: who is there, who should hold what, and what that means for this member. */
  private async settle(): Promise<void> {
    if (this.session === null || this.session.ended.signal.aborted) await this.register()
    this.seen = this.kv.get(groupKey(this.options.group))
    const contenders = await this.contenders()
    const seats = this.seats(new Set(contenders.map(({ id }) => id)))
    const targets = balance(seats, contenders)
    for (const [i, seat] of seats.entries()) {
      const name = `${seat.topic}/${seat.partition}`
      const held = this.held.get(name)
      if (held !== undefined && seat.record.epoch !== held.lease.epoch) {
        this.held.delete(name)
        held.commits.lose(fenced(held.commits.fence.what))
      } else if (targets[i] !== this.id && held !== undefined) {
        // What fails here (a full disk) is tried again by the next look.
        this.giveUp(held).catch(() => undefined)
      } else if (targets[i] === this.id && held === undefined && (seat.holder === null || seat.holder === this.id)) {
        await this.take(seat, name)
      }
    }
  }

  private async contenders(): Promise<Contender[]> {
    const prefix = membersPrefix(this.options.group)
    const contenders: Contender[] = []
    for (const { key, value } of this.kv.range({ start: prefix, end: afterPrefix(prefix) })) {
      const id = decoder.decode(key.subarray(prefix.byteLength))
      const record = JSON.parse(decoder.decode(value)) as MemberRecord
      if (record.session === this.session?.id || (await this.presence.isLive(record.session))) {
        contenders.push({ id, topics: new Set(record.topics) })
      } else {
        await this.kv.batch([{ key, value: null }, this.changed()], [{ key, expected: value }])
      }
    }
    return contenders
  }

  private seats(members: ReadonlySet<string>): OpenSeat[] {
    const seats: OpenSeat[] = []
    for (const topic of this.options.topics) {
      if (this.kv.get(headKey(topic.id, 0)) === undefined) throw topicGone(topic)
      for (let partition = 0; partition < topic.partitions; partition++) {
        const key = leaseKey(topic.id, partition, this.options.group)
        const raw = this.kv.get(key)
        const record = decodeLease(raw)
        const holder = record.member !== null && members.has(record.member) ? record.member : null
        seats.push({ of: topic, topic: topic.id, partition, holder, key, raw, record })
      }
    }
    return seats
  }

  private async take(seat: OpenSeat, name: string): Promise<void> {
    const session = this.session as Session
    const epoch = seat.record.epoch + 1
    const record = encodeLease({ epoch, session: session.id, member: this.id })
    const taken = await this.kv.batch(
      [{ key: seat.key, value: record }, this.changed()],
      [{ key: seat.key, expected: seat.raw ?? null }],
    )
    if (!taken) {
      this.again = true
      return
    }
    // Read after the lease changed hands, so that the holder before can commit nothing behind it.
    const progress = this.kv.get(progressKey(seat.of.id, seat.partition, this.options.group))
    const what = `${seat.of.name}/${seat.partition} (group ${this.options.group})`
    const commits = new FencedCommits({ key: seat.key, record, session, committer: this.committer, what })
    const found = progress === undefined ? null : decodeProgress(progress)
    const lease = new HeldLease(this.options.group, seat.of, seat.partition, epoch, found, commits)
    this.held.set(name, { lease, commits, revoked: null, giving: null })
    this.options.onAssigned(lease)
  }

  private giveUp(held: Held): Promise<void> {
    held.giving ??= this.release(held).finally(() => {
      held.giving = null
    })
    return held.giving
  }

  private async release(held: Held): Promise<void> {
    const { lease, commits } = held
    const { key, record, what } = commits.fence
    let reason: unknown = fenced(what)
    try {
      held.revoked ??= this.options.onRevoked(lease)
      await held.revoked
    } catch (error) {
      // Whoever worked on it failed, and must not keep the others waiting; the reason goes with the signal.
      reason = error
    }
    commits.lose(reason)
    const free = encodeLease({ epoch: lease.epoch, session: null, member: null })
    await this.kv.batch([{ key, value: free }, this.changed()], [{ key, expected: record }])
    const name = `${lease.topic.id}/${lease.partition}`
    if (this.held.get(name) === held) this.held.delete(name)
    if (this.left === null) this.look()
  }

  private changed(): { key: Uint8Array; value: Uint8Array } {
    return { key: groupKey(this.options.group), value: randomBytes(8) }
  }
}
