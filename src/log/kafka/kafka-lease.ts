import type { PartitionLease, Progress, Topic, Write } from '../port.ts'
import { assertProgress } from '../progress.ts'
import { groupIdOf } from './committed-offsets.ts'
import type { FencedCommits } from './fenced-commits.ts'
import { encodeCommitted } from './progress-text.ts'

export interface KafkaLeaseFacts {
  readonly group: string
  readonly topic: Topic
  readonly partition: number
  readonly epoch: number
  readonly progress: Progress | null
}

export class KafkaLease implements PartitionLease {
  readonly group: string
  readonly topic: Topic
  readonly partition: number
  readonly epoch: number
  readonly progress: Progress | null
  private readonly commits: FencedCommits

  constructor({ group, topic, partition, epoch, progress }: KafkaLeaseFacts, commits: FencedCommits) {
    this.group = group
    this.topic = topic
    this.partition = partition
    this.epoch = epoch
    this.progress = progress
    this.commits = commits
  }

  get lost(): AbortSignal {
    return this.commits.lost
  }

  isHeld(): boolean {
    return this.commits.isHeld()
  }

  async commit(progress: Progress, writes: readonly Write[]): Promise<readonly number[]> {
    assertProgress(progress)
    const { group, topic, partition, epoch } = this
    return this.commits.commit(writes, {
      group: groupIdOf(group, topic),
      topic,
      partition,
      offset: progress.offset,
      metadata: encodeCommitted({ epoch, metadata: progress.metadata }),
    })
  }
}
