import type { GroupMember, GroupOptions, Log, PartitionLease, Topic } from '../../src/log/port.ts'

/** A member that notes what happens to it. */
export class Watcher {
  readonly held = new Map<number, PartitionLease>()
  readonly revoked: number[] = []
  private member: GroupMember | null = null
  private waiting: Array<{ holds: (partitions: number[]) => boolean; resolve: () => void }> = []
  /** What `onRevoked` waits for. */
  handOver: Promise<void> = Promise.resolve()

  async join(log: Log, group: string, topics: readonly Topic[]): Promise<void> {
    const options: GroupOptions = {
      group,
      topics,
      onAssigned: (lease) => {
        this.held.set(lease.partition, lease)
        this.tell()
      },
      onRevoked: async (lease) => {
        this.revoked.push(lease.partition)
        await this.handOver
        this.held.delete(lease.partition)
        this.tell()
      },
    }
    this.member = await log.joinGroup(options)
  }

  get partitions(): number[] {
    return [...this.held.keys()].sort((a, b) => a - b)
  }

  lease(partition: number): PartitionLease {
    return this.held.get(partition) as PartitionLease
  }

  until(holds: (partitions: number[]) => boolean): Promise<void> {
    if (holds(this.partitions)) return Promise.resolve()
    return new Promise((resolve) => {
      this.waiting.push({ holds, resolve })
    })
  }

  async leave(): Promise<void> {
    await this.member?.leave()
  }

  private tell(): void {
    const met = this.waiting.filter(({ holds }) => holds(this.partitions))
    this.waiting = this.waiting.filter((one) => !met.includes(one))
    for (const { resolve } of met) resolve()
  }
}
