import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { WindrowError } from '../../core/errors.ts'
import type { ExclusiveWriter, Topic, Write } from '../port.ts'
import { type ClientProcess, processOfClient } from './client-process.ts'
import { committedOffsets } from './committed-offsets.ts'
import { Coordinator } from './coordinator.ts'
import { FencedCommits } from './fenced-commits.ts'
import { groupMembers } from './group-members.ts'
import { GroupMembership } from './group-membership.ts'
import { fencedOut } from './kafka-errors.ts'
import type { GroupContext } from './kafka-group-member.ts'
import { encodeCommitted, nextEpoch } from './progress-text.ts'
import { TransactionalProducer } from './transactional-producer.ts'

const PATIENCE_MS = 30_000
const LOOK_MS = 200

/** What a process calls itself towards the brokers: whoever waits for it finds it. */
export function clientIdOfProcess(): string {
  return `windrow-${process.pid}-${hostname()}`
}

/**
 * The writers that this process has, by the id of the topic and the group's: it is also named as the holder of what it lost while no
 * broker could be told.
 */
const heldHere = new Set<string>()

/**
 * Takes the writer of that id. Its right is the one partition of `topic` in a group of its own; its transactional id keeps out whoever
 * had it before. WR_WRITER_HELD while a live process has it.
 */
export async function takeKafkaWriter(context: GroupContext, topic: Topic, id: string): Promise<KafkaWriter> {
  const { cluster, settings, shared, sessionTimeoutMs } = context
  const groupId = `windrow.writer.${id}`
  const what = `The writer "${id}"`
  const coordinator = new Coordinator(cluster, shared, 'group', groupId)
  const name = `${topic.id}/${groupId}`
  await untilFree(coordinator, groupId, id, { name, sessionTimeoutMs })
  const writer = { lose: (): void => undefined }
  const membership = new GroupMembership({
    cluster,
    settings,
    groupId,
    topic,
    sessionTimeoutMs,
    onAssigned: () => undefined,
    onRevoked: async () => writer.lose(),
  })
  const producer = new TransactionalProducer({ cluster, settings, transactionalId: `windrow.writer.${id}`, what })
  try {
    await membership.start()
    if (!membership.isAssigned(0)) throw writerHeld(id, await holderOf(coordinator, groupId, [settings.clientId], name))
    const progress = { group: groupId, topic, partition: 0 }
    await producer.init(cluster.closed, { partitions: [], progress })
    const [committed] = await committedOffsets(coordinator, groupId, topic)
    const epoch = nextEpoch(committed?.epoch ?? 0)
    const commits = new FencedCommits(producer, what, () => membership.isFresh())
    writer.lose = () => commits.lose()
    await commits.commit([], {
      ...progress,
      offset: 0,
      metadata: encodeCommitted({ epoch, metadata: null }),
    })
    heldHere.add(name)
    commits.lost.addEventListener('abort', () => heldHere.delete(name), { once: true })
    return new KafkaWriter(epoch, commits, membership)
  } catch (error) {
    await membership.leave()
    await producer.close()
    throw error
  } finally {
    coordinator.close()
  }
}

export class KafkaWriter implements ExclusiveWriter {
  readonly epoch: number
  private readonly commits: FencedCommits
  private readonly membership: GroupMembership

  constructor(epoch: number, commits: FencedCommits, membership: GroupMembership) {
    this.epoch = epoch
    this.commits = commits
    this.membership = membership
    // Fenced at the broker, or out of the group: it is over, also where the group would give it back.
    commits.lost.addEventListener('abort', () => void this.close(), { once: true })
  }

  get lost(): AbortSignal {
    return this.commits.lost
  }

  commit(writes: readonly Write[]): Promise<readonly number[]> {
    return this.commits.commit(writes, null)
  }

  async close(): Promise<void> {
    this.commits.lose(fencedOut('The writer'))
    await this.commits.close()
    await this.membership.leave()
  }
}

/** A holder that ended without a word is in the group until its session ends: only that is waited for. */
async function untilFree(
  coordinator: Coordinator,
  groupId: string,
  id: string,
  { name, sessionTimeoutMs }: { readonly name: string; readonly sessionTimeoutMs: number },
): Promise<void> {
  const end = performance.now() + sessionTimeoutMs + 2_000
  for (;;) {
    const holder = await holderOf(coordinator, groupId, [], name)
    if (holder === null) return
    if (holder.state === 'running' || holder.state === 'stopped' || performance.now() > end) throw writerHeld(id, holder)
    await sleep(LOOK_MS)
  }
}

async function holderOf(
  coordinator: Coordinator,
  groupId: string,
  but: readonly string[],
  name: string,
): Promise<ClientProcess | null> {
  const members = await groupMembers(coordinator, groupId, PATIENCE_MS)
  const clientId = (members.find((member) => !but.includes(member.clientId ?? '')) ?? members[0])?.clientId
  if (clientId === undefined || clientId === null) return null
  const holder = processOfClient(clientId)
  const isHere = holder.pid === process.pid && holder.state !== 'elsewhere'
  return isHere && !heldHere.has(name) ? { ...holder, state: 'gone' } : holder
}

function writerHeld(id: string, holder: ClientProcess | null): WindrowError {
  const who =
    holder === null ? 'another process' : holder.pid === null ? `the client ${holder.clientId}` : `the process ${holder.pid}`
  const isGone = holder?.state === 'gone'
  const where = holder === null || holder.state !== 'elsewhere' ? '' : ` (${holder.clientId})`
  return new WindrowError('WR_WRITER_HELD', {
    message: isGone
      ? `The writer "${id}" still counts as held by ${who}, which has died`
      : `The writer "${id}" is held by ${who}${where}`,
    remedy: isGone
      ? 'Try again when its session has ended (KAFKA_SESSION_TIMEOUT_MS), which a broker that comes back begins anew.'
      : 'Stop that process first, or let it do the work: only one may write at a time.',
    facts: { writer: id, ...(holder === null ? {} : { pid: holder.pid, clientId: holder.clientId }) },
    canRetry: true,
  })
}
