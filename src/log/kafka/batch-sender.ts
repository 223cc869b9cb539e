import type { Topic } from '../port.ts'
import type { BrokerConnection } from './broker-connection.ts'
import type { Cluster } from './cluster.ts'
import { encodeBatch, type ProducerState } from './encode-batch.ts'
import { type Batch, countOf, type PartitionWrites, produce } from './produce.ts'

/** Requests under way at once to one broker: it keeps the order of what one producer sends so. */
const IN_FLIGHT = 4

/** Sends record batches to the partitions' leaders over connections of its own. */
export class BatchSender {
  private readonly cluster: Cluster
  private readonly connections = new Map<number, BrokerConnection>()

  constructor(cluster: Cluster) {
    this.cluster = cluster
  }

  /**
   * Sends everything, the batches of a partition one after the other; resolves with the base offset of every batch. When one fails
   * others may have been written: within a transaction that does not matter.
   */
  async send(
    writes: readonly PartitionWrites[],
    transactionalId: string | null,
    next: (writes: PartitionWrites, records: number) => ProducerState,
  ): Promise<ReadonlyMap<PartitionWrites, readonly number[]>> {
    const bases = new Map<PartitionWrites, number[]>(writes.map((one) => [one, []]))
    const underWay: Array<Promise<void>> = []
    const rounds = Math.max(0, ...writes.map(({ batches }) => batches.length))
    try {
      for (let round = 0; round < rounds; round++) {
        for (const [connection, group] of await this.byLeader(writes.filter(({ batches }) => round < batches.length))) {
          if (underWay.length >= IN_FLIGHT) await underWay.shift()
          const batches = group.map((one) => this.encode(one, round, next))
          const sent = produce(connection, transactionalId, batches).then((offsets) => {
            group.forEach((one, i) => {
              ;(bases.get(one) as number[])[round] = offsets[i] as number
            })
          })
          // It is awaited below; until then its failure has no owner.
          sent.catch(() => undefined)
          underWay.push(sent)
        }
      }
      await Promise.all(underWay)
      return bases
    } catch (error) {
      this.forget(writes.map(({ topic }) => topic))
      throw error
    }
  }

  close(): void {
    for (const connection of this.connections.values()) connection.close()
    this.connections.clear()
  }

  private encode(one: PartitionWrites, round: number, next: (writes: PartitionWrites, records: number) => ProducerState): Batch {
    const ranges = one.batches[round] ?? []
    const bytes = encodeBatch(ranges, next(one, countOf(ranges)), Date.now(), this.cluster.compression)
    return { topic: one.topic.name, partition: one.partition, bytes }
  }

  private async byLeader(writes: readonly PartitionWrites[]): Promise<Map<BrokerConnection, PartitionWrites[]>> {
    const groups = new Map<BrokerConnection, PartitionWrites[]>()
    for (const one of writes) {
      const leader = await this.cluster.leaderOf(one.topic, one.partition)
      let connection = this.connections.get(leader)
      if (connection === undefined || !connection.isOpen) {
        connection = await this.cluster.leaderConnection(one.topic, one.partition, 'own')
        this.connections.set(leader, connection)
      }
      groups.set(connection, [...(groups.get(connection) ?? []), one])
    }
    return groups
  }

  /** After a failure: what still comes over the connections belongs to nobody, and leaders may have moved. */
  private forget(topics: readonly Topic[]): void {
    this.close()
    for (const topic of topics) this.cluster.forget(topic)
  }
}
