import { setMaxListeners } from 'node:events'
import type { KeyValueStore } from '../../kv/port.ts'
import { logClosed } from '../errors.ts'
import { headKey } from './log-keys.ts'
import { decodeHead } from './partition-head.ts'

interface Waiter {
  readonly topicId: string
  readonly partition: number
  readonly position: number
  readonly resolve: () => void
}

/** Lets readers wait for the end of a partition to move, whichever process moves it. Costs nothing while nobody waits. */
export class TailWatch {
  private readonly kv: KeyValueStore
  private readonly waiters = new Set<Waiter>()
  private unwatch: (() => void) | null = null
  private closed = false

  constructor(kv: KeyValueStore) {
    this.kv = kv
  }

  /** Resolves when the partition reaches beyond the position or is gone, the signal aborts, or the log is closed. */
  whenBeyond(topicId: string, partition: number, position: number, signal: AbortSignal): Promise<void> {
    // Not resolved at once: who reads and waits in a loop would keep the process busy for ever.
    if (this.closed) return Promise.reject(logClosed())
    // One signal may well end the waits of many partitions.
    setMaxListeners(0, signal)
    return new Promise((resolve) => {
      const finish = (): void => {
        signal.removeEventListener('abort', finish)
        if (this.waiters.delete(waiter) && this.waiters.size === 0) this.stop()
        resolve()
      }
      const waiter: Waiter = { topicId, partition, position, resolve: finish }
      this.waiters.add(waiter)
      signal.addEventListener('abort', finish, { once: true })
      this.unwatch ??= this.kv.watch(() => this.look())
      // What was appended before the watch began has not been told.
      if (this.endOf(waiter) > position) finish()
    })
  }

  /** Releases everybody who waits. */
  close(): void {
    this.closed = true
    for (const waiter of [...this.waiters]) waiter.resolve()
    this.stop()
  }

  private look(): void {
    const ends = new Map<string, number>()
    for (const waiter of [...this.waiters]) {
      const name = `${waiter.topicId}/${waiter.partition}`
      const end = ends.get(name) ?? this.endOf(waiter)
      ends.set(name, end)
      if (end > waiter.position) waiter.resolve()
    }
  }

  /** Beyond everything when the topic is gone: whoever waits then finds out by reading. */
  private endOf({ topicId, partition }: Waiter): number {
    const head = this.kv.get(headKey(topicId, partition))
    return head === undefined ? Number.POSITIVE_INFINITY : decodeHead(head).next
  }

  private stop(): void {
    this.unwatch?.()
    this.unwatch = null
  }
}
