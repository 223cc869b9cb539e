import { WindrowError } from '../core/errors.ts'
import { sameBytes } from '../kv/bytes.ts'
import type { KeyRange, KeyValueStore } from '../kv/port.ts'

/** What a store in memory holds. It outlives the stores opened on it, as a disk outlives a process. */
export interface MemoryDisk {
  /** Keys as latin1 text, whose order is the order of the bytes. */
  readonly values: Map<string, Uint8Array>
  /** Sorted, as long as `dirty` is false. */
  sorted: string[]
  dirty: boolean
  readonly listeners: Set<() => void>
}

export interface MemoryKvOptions {
  /** Called before a batch is applied; what it throws is the batch's error, and nothing is applied. */
  readonly beforeBatch?: () => void
}

export function memoryDisk(): MemoryDisk {
  return { values: new Map(), sorted: [], dirty: false, listeners: new Set() }
}

/** A KeyValueStore without files. A batch is applied a microtask later, so that nobody comes to rely on reading it at once. */
export function memoryKv(disk: MemoryDisk = memoryDisk(), options: MemoryKvOptions = {}): KeyValueStore {
  let closed = false
  let last: Promise<unknown> = Promise.resolve()
  const mine = new Set<() => void>()
  const assertOpen = (): void => {
    if (!closed) return
    throw new WindrowError('WR_STORE_CLOSED', {
      message: 'The store in memory was closed',
      remedy: 'This is a mistake in the program: something went on working after the shutdown.',
    })
  }
  const apply: (...args: Parameters<KeyValueStore['batch']>) => boolean = (changes, conditions = []) => {
    options.beforeBatch?.()
    for (const { key, expected } of conditions) {
      const value = disk.values.get(textOf(key))
      if (value === undefined ? expected !== null : expected === null || !sameBytes(value, expected)) return false
    }
    for (const { key, value } of changes) {
      const text = textOf(key)
      if (value === null) disk.dirty = disk.values.delete(text) || disk.dirty
      else {
        disk.dirty ||= !disk.values.has(text)
        disk.values.set(text, value.slice())
      }
    }
    for (const listener of [...disk.listeners]) queueMicrotask(listener)
    return true
  }
  return {
    get(key) {
      assertOpen()
      return disk.values.get(textOf(key))?.slice()
    },
    range(range) {
      assertOpen()
      return keysIn(disk, range).map((text) => ({ key: bytesOf(text), value: (disk.values.get(text) as Uint8Array).slice() }))
    },
    keys(range) {
      assertOpen()
      return keysIn(disk, range).map(bytesOf)
    },
    batch(changes, conditions) {
      const applied = last.then(() => {
        assertOpen()
        return apply(changes, conditions)
      })
      last = applied.catch(() => undefined)
      return applied
    },
    watch(listener) {
      assertOpen()
      const own = (): void => listener()
      disk.listeners.add(own)
      mine.add(own)
      return () => {
        mine.delete(own)
        disk.listeners.delete(own)
      }
    },
    async close() {
      await last
      closed = true
      for (const listener of mine) disk.listeners.delete(listener)
    },
  }
}

function keysIn(disk: MemoryDisk, { start, end, reverse, limit }: KeyRange): string[] {
  if (disk.dirty) {
    disk.sorted = [...disk.values.keys()].sort((a, b) => (a < b ? -1 : 1))
    disk.dirty = false
  }
  const from = lowerBound(disk.sorted, textOf(start))
  const to = Math.max(from, lowerBound(disk.sorted, textOf(end)))
  const most = limit ?? Number.POSITIVE_INFINITY
  if (reverse === true) return disk.sorted.slice(Math.max(from, to - most), to).reverse()
  return disk.sorted.slice(from, Math.min(to, from + most))
}

function lowerBound(sorted: readonly string[], key: string): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle] as string) < key) low = middle + 1
    else high = middle
  }
  return low
}

function textOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1')
}

function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'))
}
