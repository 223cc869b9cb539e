import type { Log, PartitionLease } from '../../src/log/port.ts'

/** Runs in place of a lease's commit; `commit` does it. */
export type Around = (commit: () => Promise<readonly number[]>) => Promise<readonly number[]>

/** A log whose leases commit through `around`: to delay commits, or to look at what is in memory just before. */
export function interceptCommits(log: Log, around: Around): Log {
  const wrapped = new Map<PartitionLease, PartitionLease>()
  const joinGroup: Log['joinGroup'] = (options) =>
    log.joinGroup({
      group: options.group,
      topics: options.topics,
      onAssigned: (lease) => {
        const own = withCommit(lease, around)
        wrapped.set(lease, own)
        options.onAssigned(own)
      },
      onRevoked: async (lease) => {
        const own = wrapped.get(lease)
        wrapped.delete(lease)
        if (own !== undefined) await options.onRevoked(own)
      },
    })
  return {
    backend: log.backend,
    registry: log.registry,
    ensureTopic: (spec) => log.ensureTopic(spec),
    findTopic: (name) => log.findTopic(name),
    topics: () => log.topics(),
    deleteTopic: (name) => log.deleteTopic(name),
    bounds: (topic, partition) => log.bounds(topic, partition),
    reader: (topic, partition, from) => log.reader(topic, partition, from),
    append: (writes) => log.append(writes),
    exclusiveWriter: (id) => log.exclusiveWriter(id),
    joinGroup,
    groupProgress: (group, topic) => log.groupProgress(group, topic),
    resetGroup: (group, topic) => log.resetGroup(group, topic),
    compact: (topic) => log.compact(topic),
    close: () => log.close(),
  }
}

function withCommit(lease: PartitionLease, around: Around): PartitionLease {
  return {
    group: lease.group,
    topic: lease.topic,
    partition: lease.partition,
    epoch: lease.epoch,
    progress: lease.progress,
    lost: lease.lost,
    isHeld: () => lease.isHeld(),
    commit: (progress, writes) => around(() => lease.commit(progress, writes)),
  }
}
