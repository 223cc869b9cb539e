import { addPartitionsToTxnV3, initProducerIdV4 } from '@platformatic/kafka'
import type { BatchSender } from '../../../src/log/kafka/batch-sender.ts'
import type { Cluster } from '../../../src/log/kafka/cluster.ts'
import { Coordinator } from '../../../src/log/kafka/coordinator.ts'
import { isAnswer } from '../../../src/log/kafka/kafka-errors.ts'
import { byPartition } from '../../../src/log/kafka/produce.ts'
import { tryAgain } from '../../../src/log/kafka/try-again.ts'
import type { Topic, Write } from '../../../src/log/port.ts'
import { write } from '../../conformance/plain-records.ts'

export interface Program {
  readonly cluster: Cluster
  readonly sender: BatchSender
  readonly transactionalId: string
  readonly timeoutMs: number
}

const settings = { clientId: 'some-program' }
const noError = (): number => 0

/** What a program does that starts: it ends what was open under its transactional id. */
export async function startProgram({ cluster, transactionalId, timeoutMs }: Program): Promise<{ id: bigint; epoch: number }> {
  const coordinator = new Coordinator(cluster, settings, 'transaction', transactionalId)
  const codeOf = ({ errorCode }: { errorCode: number }): number => errorCode
  try {
    const ask = () => coordinator.call([initProducerIdV4], 'InitProducerId', codeOf, transactionalId, timeoutMs, -1n, -1)
    const after = (error: unknown): boolean => Coordinator.mayPass(error) || isAnswer(error, 'CONCURRENT_TRANSACTIONS')
    const { producerId, producerEpoch } = await tryAgain(ask, { after, forMs: 30_000 })
    return { id: producerId, epoch: producerEpoch }
  } finally {
    coordinator.close()
  }
}

/** Writes a record in a transaction and never ends it. `told`: whether its coordinator knows of the partition. */
export async function leaveOpen(program: Program, topic: Topic, partition: number, told: boolean): Promise<number> {
  return leaveWritten(program, write(topic, partition, { key: 'k', value: 'never committed' }), told)
}

/** As `leaveOpen`, of records of one's own. */
export async function leaveWritten(program: Program, written: Write, told: boolean): Promise<number> {
  const { cluster, sender, transactionalId } = program
  const { id, epoch } = await startProgram(program)
  if (told) {
    const coordinator = new Coordinator(cluster, settings, 'transaction', transactionalId)
    const topics = [{ name: written.topic.name, partitions: [written.partition] }]
    const request = [{ transactionalId, producerId: id, producerEpoch: epoch, verifyOnly: false, topics }]
    await coordinator.call([addPartitionsToTxnV3], 'AddPartitionsToTxn', noError, request)
    coordinator.close()
  }
  const [one] = byPartition([written])
  if (one === undefined) throw new Error('There is nothing to write')
  const state = { producerId: id, epoch, sequence: 0, transactional: true }
  const bases = await sender.send([one], transactionalId, () => state)
  return bases.get(one)?.[0] ?? -1
}
