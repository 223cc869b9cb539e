import { setMaxListeners } from 'node:events'
import type { RecordBatch, RecordBlock } from '../core/record-block.ts'
import { headersOf, RecordBlockBuilder, valueBytes } from '../core/record-block.ts'

interface Waiter {
  readonly position: number
  readonly resolve: () => void
}

/** One partition of a log in memory: the blocks as they were appended. */
export class MemoryPartition {
  next = 0
  /** Ascending, each with the offsets from the end of the one before it. */
  private blocks: RecordBatch[] = []
  private waiters: Waiter[] = []

  append(block: RecordBlock, now: number): number {
    const base = this.next
    if (block.count === 0) return base
    const offsets = new Float64Array(block.count)
    for (let i = 0; i < block.count; i++) offsets[i] = base + i
    this.next = base + block.count
    this.blocks.push({ ...block, offsets, appendedAt: new Float64Array(block.count).fill(now), nextOffset: this.next })
    return base
  }

  /** Wakes whoever waits for what was appended. */
  wake(): void {
    if (this.waiters.length === 0) return
    const woken = this.waiters.filter(({ position }) => position < this.next)
    this.waiters = this.waiters.filter(({ position }) => position >= this.next)
    for (const { resolve } of woken) resolve()
  }

  /** The block that holds the position, else the first after it, else null. */
  blockAt(position: number): RecordBatch | null {
    let low = 0
    let high = this.blocks.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.blocks[middle] as RecordBatch).nextOffset <= position) low = middle + 1
      else high = middle
    }
    return this.blocks[low] ?? null
  }

  whenBeyond(position: number, signal: AbortSignal): Promise<void> {
    if (position < this.next || signal.aborted) return Promise.resolve()
    setMaxListeners(0, signal)
    return new Promise((resolve) => {
      const waiter: Waiter = {
        position,
        resolve: () => {
          signal.removeEventListener('abort', aborted)
          resolve()
        },
      }
      const aborted = (): void => {
        this.waiters = this.waiters.filter((other) => other !== waiter)
        resolve()
      }
      this.waiters.push(waiter)
      signal.addEventListener('abort', aborted, { once: true })
    })
  }

  /** Wakes everybody, for whatever they do next to find out what happened. */
  release(): void {
    for (const { resolve } of this.waiters.splice(0)) resolve()
  }

  /** Keeps the last record of each key, and no tombstone that was appended before `oldest`. */
  compact(oldest: number): { before: number; after: number } {
    const last = new Map<string, number>()
    let before = 0
    for (const block of this.blocks) {
      before += block.count
      for (let i = 0; i < block.count; i++) last.set(latin1Key(block, i), block.offsets[i] as number)
    }
    let after = 0
    this.blocks = this.blocks.map((block) => {
      const kept: number[] = []
      for (let i = 0; i < block.count; i++) {
        const forgotten = (block.valueStart[i] as number) < 0 && (block.appendedAt[i] as number) <= oldest
        if (!forgotten && last.get(latin1Key(block, i)) === block.offsets[i]) kept.push(i)
      }
      after += kept.length
      return kept.length === block.count ? block : pick(block, kept)
    })
    return { before, after }
  }
}

function latin1Key(block: RecordBlock, i: number): string {
  const start = block.keyStart[i] as number
  return Buffer.from(block.bytes.buffer, block.bytes.byteOffset + start, (block.keyEnd[i] as number) - start).toString('latin1')
}

function pick(block: RecordBatch, kept: readonly number[]): RecordBatch {
  const builder = new RecordBlockBuilder(64)
  for (const i of kept) {
    const key = block.bytes.subarray(block.keyStart[i], block.keyEnd[i])
    const headers = (block.headerStart[i] as number) < 0 ? undefined : headersOf(block, i)
    builder.add(key, valueBytes(block, i), headers)
  }
  return {
    ...builder.build(),
    offsets: Float64Array.from(kept, (i) => block.offsets[i] as number),
    appendedAt: Float64Array.from(kept, (i) => block.appendedAt[i] as number),
    nextOffset: block.nextOffset,
  }
}
