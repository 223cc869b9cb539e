import { isWindrowError } from '../../../src/core/errors.ts'
import { RecordBlockBuilder } from '../../../src/core/record-block.ts'
import { openEmbeddedLog } from '../../../src/log/embedded/embedded-log.ts'
import type { PartitionLease } from '../../../src/log/port.ts'
import { say } from '../../support/child-side.ts'

/**
 * A member of the group `g` on the topic `readings`. It copies what it reads there to the same partition of `rows`, a few
 * records a commit, and says what happens to it.
 */
const [directory, sessionTimeoutMs] = process.argv.slice(2) as [string, string]
const log = await openEmbeddedLog({ directory, sessionTimeoutMs: Number(sessionTimeoutMs) })
const readings = await log.ensureTopic({ name: 'readings', partitions: 2, cleanup: 'keep' })
const rows = await log.ensureTopic({ name: 'rows', partitions: 2, cleanup: 'keep' })
const working = new Map<number, Promise<void>>()
const stops = new Map<PartitionLease, AbortController>()

async function work(lease: PartitionLease): Promise<void> {
  const { partition } = lease
  const stop = new AbortController()
  stops.set(lease, stop)
  lease.lost.addEventListener('abort', () => stop.abort())
  const reader = log.reader(readings, partition, lease.progress?.offset ?? 0)
  const builder = new RecordBlockBuilder()
  while (!stop.signal.aborted) {
    const batch = await reader.next(60)
    if (batch === null) {
      await reader.whenMore(stop.signal)
      continue
    }
    for (let i = 0; i < batch.count; i++) builder.add(batch.bytes.subarray(batch.keyStart[i], batch.keyEnd[i]), new Uint8Array(1))
    try {
      await lease.commit({ offset: batch.nextOffset, metadata: '' }, [{ topic: rows, partition, block: builder.build() }])
      say('committed', { partition, offset: batch.nextOffset, epoch: lease.epoch })
    } catch (error) {
      if (!isWindrowError(error, 'WR_FENCED')) throw error
      say('refused', { partition, epoch: lease.epoch })
      return
    }
  }
}

process.once('SIGTERM', () => {
  void log.close().then(() => say('left'))
})
await log.joinGroup({
  group: 'g',
  topics: [readings],
  onAssigned: (lease) => {
    say('assigned', { partition: lease.partition, epoch: lease.epoch })
    working.set(lease.partition, work(lease))
  },
  onRevoked: async (lease) => {
    stops.get(lease)?.abort()
    await working.get(lease.partition)
    say('revoked', { partition: lease.partition })
  },
})
const writer = await log.exclusiveWriter(`w${process.pid}`)
say('joined', { writer: writer.epoch })
