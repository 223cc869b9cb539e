import { describeTransactionsV0, listTransactionsV0, listTransactionsV1 } from '@platformatic/kafka'
import type { Topic } from '../port.ts'
import type { Cluster } from './cluster.ts'
import { errorName, kafkaRefused } from './cluster-errors.ts'
import { kafkaFailure } from './kafka-errors.ts'
import { mayPass } from './transaction-requests.ts'
import { tryAgain } from './try-again.ts'
import { type UndecidedRecords, undecidedRecords } from './undecided-records.ts'

const LIST_TRANSACTIONS = [listTransactionsV1, listTransactionsV0]
const DESCRIBE_TRANSACTIONS = [describeTransactionsV0]
const ANY_DURATION = -1n

/** A transaction that has records in a partition and has not ended: `read_committed` readers wait at its first record. */
export interface OpenTransaction {
  readonly topic: string
  readonly partition: number
  /** Where readers wait. */
  readonly startOffset: number
  readonly producerId: bigint
  /** When the producer wrote last into the partition, milliseconds since the epoch. */
  readonly lastWriteAt: number
  /** What its coordinator says of it, null where none knows of it: then nothing will ever end it by itself. */
  readonly coordinated: CoordinatedTransaction | null
}

export interface CoordinatedTransaction {
  readonly transactionalId: string
  /** `Ongoing`, `PrepareCommit`, … as Kafka calls it. */
  readonly state: string
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  /** After so long the brokers abort it. */
  readonly timeoutMs: number
}

/** States of a transaction that is still to end. In others its coordinator has forgotten what is open in the partition. */
const ALIVE: ReadonlySet<string> = new Set(['Ongoing', 'PrepareCommit', 'PrepareAbort', 'PrepareEpochFence'])

/** In the order of `topics`, and of the partitions in each. */
export async function openTransactions(cluster: Cluster, topics: readonly Topic[]): Promise<readonly OpenTransaction[]> {
  const found = await Promise.all(topics.map((topic) => undecidedIn(cluster, topic)))
  const open = found.flat()
  if (open.length === 0) return []
  const known = await coordinated(cluster, new Set(open.map(({ producerId }) => producerId)))
  return open.map(({ topic, ...one }) => ({ ...one, topic: topic.name, coordinated: known.get(one.producerId) ?? null }))
}

async function undecidedIn(cluster: Cluster, topic: Topic): Promise<readonly UndecidedRecords[]> {
  const look = async () => {
    const metadata = (await cluster.metadata([topic.name])).get(topic.name)
    // Of a partition without a leader nobody can tell anything.
    const led = [...(metadata?.partitions ?? []).keys()].filter((number) => (metadata?.partitions[number]?.leader ?? -1) >= 0)
    const records = await undecidedRecords(
      cluster,
      led.map((partition) => ({ topic, partition })),
    )
    // The brokers answer in any order.
    return [...records].sort((one, other) => one.partition - other.partition)
  }
  try {
    return await tryAgain(look, { after: mayPass, forMs: cluster.patienceMs })
  } catch (error) {
    throw kafkaFailure(error)
  }
}

/** What the coordinators know of the producers' transactions: each broker coordinates some. */
async function coordinated(
  cluster: Cluster,
  producers: ReadonlySet<bigint>,
): Promise<ReadonlyMap<bigint, CoordinatedTransaction>> {
  const found = await cluster.onEachBroker(async (connection) => {
    const listed = await connection.call(LIST_TRANSACTIONS, 'ListTransactions', [], [...producers], ANY_DURATION, null)
    if (listed.errorCode !== 0) throw kafkaRefused('to list transactions', listed.errorCode)
    const ids = listed.transactionStates.map(({ transactionalId }) => transactionalId)
    if (ids.length === 0) return []
    const { transactionStates } = await connection.call(DESCRIBE_TRANSACTIONS, 'DescribeTransactions', ids)
    return transactionStates
  })
  const known = new Map<bigint, CoordinatedTransaction>()
  for (const state of found.flat()) {
    // It may have moved or ended between the two questions.
    if (errorName(state.errorCode) === 'TRANSACTIONAL_ID_NOT_FOUND' || errorName(state.errorCode) === 'NOT_COORDINATOR') continue
    if (state.errorCode !== 0) throw kafkaRefused(`to describe the transaction ${state.transactionalId}`, state.errorCode)
    if (!ALIVE.has(state.transactionState)) continue
    known.set(state.producerId, {
      transactionalId: state.transactionalId,
      state: state.transactionState,
      startedAt: Number(state.transactionStartTimeMs),
      timeoutMs: state.transactionTimeoutMs,
    })
  }
  return known
}
