import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLmdbStore } from './lmdb-store.ts'
import type { KeyValueStore } from './port.ts'

export interface SortedEntry {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/** What an entry costs beside its bytes. */
const ENTRY_OVERHEAD_BYTES = 200
const PAGE = 2_000
const LOWEST = new Uint8Array(0)
const HIGHEST = new Uint8Array(64).fill(0xff)

/**
 * Holds the last value of each key and gives them in the order of the keys' bytes. Keeps `memoryBytes` in memory; what is more goes to a
 * store in a temporary folder, which is gone after `close`.
 */
export class SortedStore {
  readonly #memoryBytes: number
  // Keys as latin1 texts: a byte a character, so that texts compare as the bytes do.
  #recent = new Map<string, Uint8Array | null>()
  #recentBytes = 0
  #folder: string | null = null
  #store: KeyValueStore | null = null

  constructor(memoryBytes = 64 * 1024 * 1024) {
    this.#memoryBytes = memoryBytes
  }

  /** `value` null removes the key. The bytes must not change afterwards. */
  async put(key: Uint8Array, value: Uint8Array | null): Promise<void> {
    const name = nameOf(key)
    this.#recent.set(name, value)
    this.#recentBytes += name.length + (value?.byteLength ?? 0) + ENTRY_OVERHEAD_BYTES
    if (this.#recentBytes > this.#memoryBytes) await this.#spill()
  }

  /** The last value that was put, null where there is none. */
  get(key: Uint8Array): Uint8Array | null {
    const recent = this.#recent.get(nameOf(key))
    return recent === undefined ? (this.#store?.get(key) ?? null) : recent
  }

  /** All entries in order, some thousands at a time. Nothing may be put meanwhile. */
  async *entries(): AsyncGenerator<readonly SortedEntry[]> {
    if (this.#store === null) {
      yield* this.#entriesInMemory()
      return
    }
    await this.#spill()
    let start = LOWEST
    for (;;) {
      const page = this.#store.range({ start, end: HIGHEST, limit: PAGE })
      if (page.length > 0) yield page
      const last = page.at(-1)
      if (last === undefined || page.length < PAGE) return
      start = Uint8Array.from([...last.key, 0])
    }
  }

  async close(): Promise<void> {
    await this.#store?.close()
    if (this.#folder !== null) await rm(this.#folder, { recursive: true, force: true })
  }

  *#entriesInMemory(): Generator<readonly SortedEntry[]> {
    const names = [...this.#recent.keys()].filter((name) => this.#recent.get(name) !== null).sort()
    for (let i = 0; i < names.length; i += PAGE) {
      yield names
        .slice(i, i + PAGE)
        .map((name) => ({ key: Buffer.from(name, 'latin1'), value: this.#recent.get(name) as Uint8Array }))
    }
  }

  async #spill(): Promise<void> {
    if (this.#store === null) {
      this.#folder = await mkdtemp(join(tmpdir(), 'windrow-sort-'))
      this.#store = await openLmdbStore({ path: this.#folder })
    }
    const changes = [...this.#recent].map(([name, value]) => ({ key: Buffer.from(name, 'latin1'), value }))
    await this.#store.batch(changes)
    this.#recent = new Map()
    this.#recentBytes = 0
  }
}

function nameOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1')
}
