import { initProducerIdV3, initProducerIdV4 } from '@platformatic/kafka'
import { isWindrowError } from '../../core/errors.ts'
import type { Cluster } from './cluster.ts'
import { Coordinator, type SharedConnections } from './coordinator.ts'
import { isAnswer, kafkaFailure } from './kafka-errors.ts'
import { tryAgain } from './try-again.ts'

const INIT = [initProducerIdV4, initProducerIdV3]
const TRANSACTION_TIMEOUT_MS = 10_000

/**
 * Rejects with WR_KAFKA_DENIED where this user may not commit for the group. Asked before partitions are taken: who has one assigned tries
 * again and again to take it. Nothing else that may go wrong here is told; it will show where it matters.
 */
export async function assertMayCommit(cluster: Cluster, shared: SharedConnections, groupId: string): Promise<void> {
  const id = `windrow.${groupId}.rights`
  const coordinator = new Coordinator(cluster, shared, 'transaction', id)
  const codeOf = ({ errorCode }: { readonly errorCode: number }): number => errorCode
  try {
    await tryAgain(() => coordinator.call(INIT, 'InitProducerId', codeOf, id, TRANSACTION_TIMEOUT_MS, -1n, -1), {
      after: (error) => Coordinator.mayPass(error) || isAnswer(error, 'CONCURRENT_TRANSACTIONS'),
      forMs: cluster.patienceMs,
    })
  } catch (error) {
    const failure = kafkaFailure(error)
    if (isWindrowError(failure, 'WR_KAFKA_DENIED')) throw failure
  } finally {
    coordinator.close()
  }
}
