import { WindrowError } from '../core/errors.ts'
import { folderIdentity } from '../core/process-identity.ts'
import { type Environment, openEnvironment } from './lmdb-environment.ts'
import type { KeyRange, KeyValueChange, KeyValueCondition, KeyValueStore } from './port.ts'

export interface LmdbStoreOptions {
  /** A directory; made when missing. */
  readonly path: string
  /** Address space reserved for the map (it takes neither memory nor disk), default 256 GiB. Beyond it the map grows by itself. */
  readonly mapSizeBytes?: number
  /** A batch that would make the live data larger than this is refused with WR_DISK_FULL. Default: the disk decides. */
  readonly maxBytes?: number
  /** How long opening may wait for a writer that holds the lock, default 10 s; then WR_STORE_LOCKED. */
  readonly openTimeoutMs?: number
}

/** LMDB's own limit with pages of 4 KiB. */
export const MAX_KEY_BYTES = 1978

/** Opens (or makes) the store in a directory that several processes may share. Not for several threads of one process. */
export async function openLmdbStore(options: LmdbStoreOptions): Promise<KeyValueStore> {
  const environment = await openEnvironment(options.path, options.mapSizeBytes, options.openTimeoutMs ?? 10_000)
  return new LmdbStore(environment, folderIdentity(options.path), options.maxBytes ?? null)
}

class LmdbStore implements KeyValueStore {
  readonly folder: string
  private readonly environment: Environment
  private readonly maxBytes: number | null
  private readonly watching = new Set<() => void>()
  private closing: Promise<void> | null = null

  constructor(environment: Environment, folder: string, maxBytes: number | null) {
    this.environment = environment
    this.folder = folder
    this.maxBytes = maxBytes
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const { db } = this.open()
    const value = db.getBinaryFast(key as Buffer) as Uint8Array | undefined
    // Copied at once out of the buffer that lmdb-js uses again for the next read.
    const copy = value === undefined ? undefined : copyOf(value)
    db.resetReadTxn()
    return copy
  }

  range(range: KeyRange): Array<{ key: Uint8Array; value: Uint8Array }> {
    const { db } = this.open()
    const entries: Array<{ key: Uint8Array; value: Uint8Array }> = []
    for (const { key, value } of db.getRange(lmdbRange(range))) {
      entries.push({ key: plainBytes(key), value: plainBytes(value) })
    }
    db.resetReadTxn()
    return entries
  }

  keys(range: KeyRange): Uint8Array[] {
    const { db } = this.open()
    const keys: Uint8Array[] = []
    for (const key of db.getKeys(lmdbRange(range))) keys.push(plainBytes(key))
    db.resetReadTxn()
    return keys
  }

  async batch(changes: readonly KeyValueChange[], conditions: readonly KeyValueCondition[] = []): Promise<boolean> {
    const { writer } = this.open()
    let bytes = 0
    for (const { key, value } of changes) {
      assertKey(key)
      bytes += key.byteLength + (value === null ? 0 : value.byteLength)
    }
    for (const { key } of conditions) assertKey(key)
    return writer.apply({ changes, conditions, bytes, maxBytes: this.maxBytes })
  }

  watch(listener: () => void): () => void {
    const remove = this.open().changes.add(listener)
    const stop = (): void => {
      this.watching.delete(stop)
      remove()
    }
    this.watching.add(stop)
    return stop
  }

  close(): Promise<void> {
    this.closing ??= this.shutDown()
    return this.closing
  }

  private async shutDown(): Promise<void> {
    for (const stop of this.watching) stop()
    await this.environment.writer.idle()
    await this.environment.release()
  }

  private open(): Environment {
    if (this.closing === null) return this.environment
    const { path } = this.environment
    throw new WindrowError('WR_STORE_CLOSED', {
      message: `The store in ${path} was closed`,
      remedy: 'This is a mistake in the program: something went on working after the shutdown.',
      facts: { path },
    })
  }
}

function assertKey(key: Uint8Array): void {
  if (key.byteLength > 0 && key.byteLength <= MAX_KEY_BYTES) return
  throw new WindrowError('WR_KEY_SIZE', {
    message: `A key of ${key.byteLength} bytes does not fit the store`,
    remedy: `Use a key of 1 to ${MAX_KEY_BYTES} bytes.`,
    facts: { bytes: key.byteLength },
    kind: 'usage',
  })
}

/** lmdb-js gives `length` of some buffers a property of its own, which makes every loop over them slow. */
function plainBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length)
}

function copyOf(bytes: Uint8Array): Uint8Array {
  const copy = Buffer.allocUnsafeSlow(bytes.length)
  copy.set(plainBytes(bytes))
  return new Uint8Array(copy.buffer)
}

function lmdbRange(range: KeyRange): { start: Uint8Array; end: Uint8Array } {
  const limit = range.limit === undefined ? {} : { limit: range.limit }
  if (range.reverse !== true) return { start: range.start, end: range.end, ...limit }
  // LMDB walks back from `start`; the port's bounds mean the same whatever the direction.
  const backwards = { start: range.end, end: range.start, reverse: true, exclusiveStart: true, inclusiveEnd: true, ...limit }
  return backwards
}
