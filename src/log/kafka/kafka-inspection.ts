import { listGroupsV4, listGroupsV5 } from '@platformatic/kafka'
import type { Topic } from '../port.ts'
import { type ClientProcess, processOfClient } from './client-process.ts'
import type { Cluster } from './cluster.ts'
import { kafkaRefused } from './cluster-errors.ts'
import { type OpenTransaction, openTransactions } from './cluster-transactions.ts'
import { groupIdOf } from './committed-offsets.ts'
import { Coordinator, type SharedConnections } from './coordinator.ts'
import { decodeAssignment } from './group-codec.ts'
import { groupMembers } from './group-members.ts'

const LIST_GROUPS = [listGroupsV5, listGroupsV4]
const PATIENCE_MS = 10_000
/** What windrow's groups and transactions are kept in: without their leaders nothing commits. */
const BROKERS_OWN: ReadonlySet<string> = new Set(['__consumer_offsets', '__transaction_state'])

/** A process in a group, and which partitions of the group's topic it has. */
export interface GroupProcess extends ClientProcess {
  /** Ascending. */
  readonly partitions: readonly number[]
}

/** A partition that does not have what it should. */
export interface AilingPartition {
  readonly topic: string
  readonly partition: number
  readonly hasLeader: boolean
  readonly replicas: number
  /** Copies that are up to date. */
  readonly inSync: number
}

/** What brokers tell of who is at work and what holds it up. Nothing is changed by any of it. */
export class KafkaInspection {
  private readonly cluster: Cluster
  private readonly shared: SharedConnections

  constructor(cluster: Cluster, shared: SharedConnections) {
    this.cluster = cluster
    this.shared = shared
  }

  /** Who is in the group of that topic now: also who died, until its session ends. */
  processesOf(group: string, topic: Topic): Promise<readonly GroupProcess[]> {
    return this.membersOf(groupIdOf(group, topic))
  }

  /** Every process of windrow that is in a group of any of the topics or has the right to write, once. */
  async processes(topics: readonly Topic[]): Promise<readonly ClientProcess[]> {
    const ids = new Set(topics.map(({ id }) => id))
    const ours = (groupId: string): boolean =>
      groupId.startsWith('windrow.writer.') || ids.has(groupId.slice(groupId.lastIndexOf('.') + 1))
    const listed = await this.cluster.onEachBroker(async (connection) => {
      const { errorCode, groups } = await connection.call(LIST_GROUPS, 'ListGroups', [], [])
      if (errorCode !== 0) throw kafkaRefused('to list groups', errorCode)
      return groups.map(({ groupId }) => groupId)
    })
    const found = new Map<string, ClientProcess>()
    for (const groupId of listed.flat()) {
      if (typeof groupId !== 'string' || !ours(groupId)) continue
      for (const { partitions: _, ...process } of await this.membersOf(groupId)) found.set(process.clientId, process)
    }
    return [...found.values()]
  }

  /** Of the topics that are asked for and of those that the brokers keep groups and transactions in. */
  async ailingPartitions(isOurs: (topic: string) => boolean): Promise<readonly AilingPartition[]> {
    const topics = [...(await this.cluster.metadata()).values()].filter(({ name }) => BROKERS_OWN.has(name) || isOurs(name))
    return topics.flatMap(({ name, partitions }) =>
      partitions
        .map(({ leader, replicas, inSync }, partition) => ({ topic: name, partition, hasLeader: leader >= 0, replicas, inSync }))
        .filter(({ hasLeader, replicas, inSync }) => !hasLeader || inSync < replicas),
    )
  }

  /** Every transaction that is open in a partition of the topics at this moment. */
  openTransactions(topics: readonly Topic[]): Promise<readonly OpenTransaction[]> {
    return openTransactions(this.cluster, topics)
  }

  private async membersOf(groupId: string): Promise<readonly GroupProcess[]> {
    const coordinator = new Coordinator(this.cluster, this.shared, 'group', groupId)
    try {
      const members = await groupMembers(coordinator, groupId, PATIENCE_MS)
      return members.map(({ clientId, memberAssignment }) => ({
        ...processOfClient(clientId ?? ''),
        partitions: [...decodeAssignment(memberAssignment)].sort((a, b) => a - b),
      }))
    } finally {
      coordinator.close()
    }
  }
}
