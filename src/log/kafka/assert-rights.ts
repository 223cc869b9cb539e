import { isWindrowError } from '../../core/errors.ts'
import type { Cluster } from './cluster.ts'
import { Coordinator, type SharedConnections } from './coordinator.ts'
import { isAnswer, kafkaFailure } from './kafka-errors.ts'
import { TransactionRequests } from './transaction-requests.ts'
import { tryAgain } from './try-again.ts'

/**
 * Rejects with WR_KAFKA_DENIED where this user may not commit for the group. Asked before partitions are taken: who has one assigned tries
 * again and again to take it. Nothing else that may go wrong here is told; it will show where it matters.
 */
export async function assertMayCommit(cluster: Cluster, shared: SharedConnections, groupId: string): Promise<void> {
  const requests = new TransactionRequests(cluster, shared, `windrow.${groupId}.rights`)
  try {
    await tryAgain(() => requests.init(null), {
      after: (error) => Coordinator.mayPass(error) || isAnswer(error, 'CONCURRENT_TRANSACTIONS'),
      forMs: cluster.patienceMs,
    })
  } catch (error) {
    const failure = kafkaFailure(error)
    if (isWindrowError(failure, 'WR_KAFKA_DENIED')) throw failure
  } finally {
    requests.close()
  }
}
