import { isWindrowError, messageOf } from '../../../../src/core/errors.ts'
import { openKafkaLog } from '../../../../src/log/kafka/kafka-log.ts'
import type { PartitionLease } from '../../../../src/log/port.ts'
import { say } from '../../../support/child-side.ts'

/**
 * A member of the group `g` on the topic `readings`. It copies what it reads there to the same partition of `rows`, a few
 * records a commit, and says what happens to it.
 */
const [brokers, sessionTimeoutMs] = process.argv.slice(2) as [string, string]
const log = await openKafkaLog({ brokers: brokers.split(','), sessionTimeoutMs: Number(sessionTimeoutMs) })
const readings = await log.ensureTopic({ name: 'readings', partitions: 4, cleanup: 'keep' })
const rows = await log.ensureTopic({ name: 'rows', partitions: 4, cleanup: 'keep' })
const working = new Map<PartitionLease, { readonly stop: AbortController; readonly done: Promise<void> }>()

async function copy(lease: PartitionLease, from: number, stop: AbortSignal): Promise<void> {
  const { partition } = lease
  const reader = log.reader(readings, partition, from)
  try {
    while (!stop.aborted) {
      const batch = await reader.next(200)
      if (batch === null) {
        await reader.whenMore(stop)
        continue
      }
      await lease.commit({ offset: batch.nextOffset, metadata: `by ${process.pid}` }, [{ topic: rows, partition, block: batch }])
      say('committed', { partition, count: batch.count })
    }
  } finally {
    await reader.close()
  }
}

/** As the engine does it: after a commit of which nobody knows it begins again from what is committed. */
async function work(lease: PartitionLease, stop: AbortSignal): Promise<void> {
  let from = lease.progress?.offset ?? 0
  while (!stop.aborted) {
    try {
      await copy(lease, from, stop)
    } catch (error) {
      if (lease.lost.aborted || isWindrowError(error, 'WR_FENCED')) return
      say('failed', { partition: lease.partition, message: messageOf(error) })
      const progress = await log.groupProgress(lease.group, lease.topic)
      from = progress.find(({ partition }) => partition === lease.partition)?.offset ?? 0
    }
  }
}

const member = await log.joinGroup({
  group: 'g',
  topics: [readings],
  onAssigned: (lease) => {
    const stop = new AbortController()
    lease.lost.addEventListener('abort', () => stop.abort(), { once: true })
    working.set(lease, { stop, done: work(lease, stop.signal) })
    say('assigned', { partition: lease.partition, epoch: lease.epoch })
  },
  onRevoked: async (lease) => {
    const at = working.get(lease)
    at?.stop.abort()
    await at?.done
    working.delete(lease)
    say('revoked', { partition: lease.partition })
  },
})
say('ready')
process.once('SIGTERM', () => {
  void member
    .leave()
    .then(() => log.close())
    .then(() => say('left'))
})
