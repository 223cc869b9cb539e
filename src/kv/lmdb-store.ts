import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, mkdirSync, openSync, readSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { open, type RootDatabase } from 'lmdb'
import { WindrowError } from '../core/errors.ts'
import { sameBytes } from './bytes.ts'
import { diskFull, openFailure, reasonOf, writeFailure } from './lmdb-errors.ts'
import type { KeyRange, KeyValueChange, KeyValueCondition, KeyValueStore } from './port.ts'
import { watchStore } from './store-watch.ts'
import { awaitWriteLock } from './write-lock.ts'

export interface LmdbStoreOptions {
  /** A directory; made when missing. */
  readonly path: string
  /** Address space reserved for the map (it takes neither memory nor disk). Beyond it the map grows by itself. */
  readonly mapSizeBytes?: number
  /** A batch that would make the live data larger than this is refused with WR_DISK_FULL. Default: the disk decides. */
  readonly maxBytes?: number
  /** How long opening may wait for a writer that holds the lock, default 10 s; then WR_STORE_LOCKED. */
  readonly openTimeoutMs?: number
}

/** LMDB's own limit with pages of 4 KiB. */
export const MAX_KEY_BYTES = 1978
const DEFAULT_MAP_BYTES = 2 ** 38
/** Batches that wait are written together in one transaction up to about this size, so that the write lock is held shortly. */
const GROUP_BYTES = 32 * 1024 * 1024
/** What a write needs beyond its bytes: pages of the tree that are copied, and the freelist. */
const WRITE_SLACK_BYTES = 128 * 1024

interface PendingBatch {
  readonly changes: readonly KeyValueChange[]
  readonly conditions: readonly KeyValueCondition[]
  readonly bytes: number
  readonly resolve: (applied: boolean) => void
  readonly reject: (error: unknown) => void
}

/** A batch whose conditions held when they were read, with the versions that must still be there when it is applied. */
interface PlannedBatch {
  readonly batch: PendingBatch
  readonly versions: ReadonlyArray<number | null>
}

/**
 * Opens (or makes) the store in a directory that several processes may share. See docs/decisions for how conditions are
 * evaluated inside LMDB's write transaction without any JavaScript.
 */
export async function openLmdbStore(options: LmdbStoreOptions): Promise<KeyValueStore> {
  const { path } = options
  try {
    mkdirSync(path, { recursive: true })
    assertLooksLikeStore(path)
  } catch (error) {
    throw openFailure(error, path)
  }
  await awaitWriteLock(path, options.openTimeoutMs ?? 10_000)
  let db: RootDatabase<Buffer, Uint8Array>
  try {
    db = open<Buffer, Uint8Array>({
      path,
      encoding: 'binary',
      keyEncoding: 'binary',
      useVersions: true,
      // A commit that is visible before it is on disk could be read, acted upon and then lost with the power.
      overlappingSync: false,
      eventTurnBatching: false,
      // The writer must never start before all instructions are there: it would wait for JavaScript with the lock held.
      batchStartThreshold: 2 ** 31,
      ...(process.platform === 'win32' ? {} : { mapSize: options.mapSizeBytes ?? DEFAULT_MAP_BYTES }),
    } as Parameters<typeof open>[0] & { path: string }) as unknown as RootDatabase<Buffer, Uint8Array>
  } catch (error) {
    throw openFailure(error, path)
  }
  return new LmdbStore(db, path, options.maxBytes ?? null)
}

class LmdbStore implements KeyValueStore {
  private readonly db: RootDatabase<Buffer, Uint8Array>
  private readonly path: string
  private readonly maxBytes: number | null
  private readonly changes: ReturnType<typeof watchStore>
  private waiting: PendingBatch[] = []
  private draining: Promise<void> | null = null
  private closed = false

  constructor(db: RootDatabase<Buffer, Uint8Array>, path: string, maxBytes: number | null) {
    this.db = db
    this.path = path
    this.maxBytes = maxBytes
    this.changes = watchStore(path)
  }

  get(key: Uint8Array): Uint8Array | undefined {
    this.assertOpen()
    const value = this.db.getBinaryFast(key as Buffer) as Uint8Array | undefined
    // Copied at once out of the buffer that lmdb-js uses again for the next read.
    const copy = value === undefined ? undefined : copyOf(value)
    this.db.resetReadTxn()
    return copy
  }

  range(range: KeyRange): Array<{ key: Uint8Array; value: Uint8Array }> {
    this.assertOpen()
    const entries: Array<{ key: Uint8Array; value: Uint8Array }> = []
    for (const { key, value } of this.db.getRange(lmdbRange(range))) {
      entries.push({ key: plainBytes(key), value: plainBytes(value) })
    }
    this.db.resetReadTxn()
    return entries
  }

  keys(range: KeyRange): Uint8Array[] {
    this.assertOpen()
    const keys: Uint8Array[] = []
    for (const key of this.db.getKeys(lmdbRange(range))) keys.push(plainBytes(key))
    this.db.resetReadTxn()
    return keys
  }

  batch(changes: readonly KeyValueChange[], conditions: readonly KeyValueCondition[] = []): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.assertOpen()
      let bytes = 0
      for (const { key, value } of changes) {
        assertKey(key)
        bytes += key.byteLength + (value === null ? 0 : value.byteLength)
      }
      for (const { key } of conditions) assertKey(key)
      this.waiting.push({ changes, conditions, bytes, resolve, reject })
      this.draining ??= this.drain()
    })
  }

  watch(listener: () => void): () => void {
    this.assertOpen()
    return this.changes.add(listener)
  }

  async close(): Promise<void> {
    if (this.closed) return
    this.closed = true
    this.changes.close()
    await this.draining
    await this.db.close()
  }

  /** One transaction at a time: lmdb-js does not promise the order of transactions that are under way together. */
  private async drain(): Promise<void> {
    // Batches of the same turn of the event loop share a transaction.
    await Promise.resolve()
    while (this.waiting.length > 0) await this.write(this.takeGroup())
    this.draining = null
  }

  private takeGroup(): PendingBatch[] {
    let bytes = 0
    let count = 0
    while (count < this.waiting.length && (count === 0 || bytes < GROUP_BYTES)) {
      bytes += (this.waiting[count] as PendingBatch).bytes
      count++
    }
    return this.waiting.splice(0, count)
  }

  private async write(group: readonly PendingBatch[]): Promise<void> {
    try {
      const planned = this.plan(group)
      if (planned.length === 0) return
      const verdicts = await this.apply(planned)
      const again: PendingBatch[] = []
      planned.forEach(({ batch }, i) => {
        if (verdicts[i] === true) batch.resolve(true)
        // Somebody wrote the key since it was read; whether the value still fits is for another look to say.
        else again.push(batch)
      })
      this.waiting.unshift(...again)
      this.changes.notify()
    } catch (error) {
      for (const batch of group) batch.reject(error)
    }
  }

  /** Settles the batches whose conditions do not hold as of now. */
  private plan(group: readonly PendingBatch[]): PlannedBatch[] {
    const planned: PlannedBatch[] = []
    for (const batch of group) {
      const versions: Array<number | null> = []
      for (const condition of batch.conditions) {
        const entry = this.db.getEntry(condition.key)
        const holds =
          entry === undefined
            ? condition.expected === null
            : condition.expected !== null && sameBytes(entry.value, condition.expected)
        if (!holds) break
        versions.push(entry?.version ?? null)
      }
      this.db.resetReadTxn()
      if (versions.length === batch.conditions.length) planned.push({ batch, versions })
      else batch.resolve(false)
    }
    return planned
  }

  private async apply(planned: readonly PlannedBatch[]): Promise<boolean[]> {
    const bytes = planned.reduce((sum, { batch }) => sum + batch.bytes, 0)
    this.assertRoom(bytes)
    const version = randomVersion()
    const verdicts: Array<Promise<boolean[]>> = []
    try {
      const whole = this.db.batch(() => {
        for (const one of planned) verdicts.push(Promise.all(this.instruct(one, 0, version)))
      })
      // All of them reject together; whoever is not awaited first would otherwise count as unhandled.
      for (const verdict of verdicts) verdict.catch(() => undefined)
      await whole
      return (await Promise.all(verdicts)).map((conditions) => conditions.every(Boolean))
    } catch (failure) {
      throw writeFailure(await reasonOf(failure), this.path, bytes, freeBytesAt(this.path))
    }
  }

  /** Writes the batch as nested condition blocks, the changes in the innermost: they apply only if every condition holds. */
  private instruct({ batch, versions }: PlannedBatch, depth: number, version: number): Array<Promise<boolean>> {
    if (depth === versions.length) {
      for (const { key, value } of batch.changes) {
        if (value === null) void this.db.remove(key)
        else void this.db.put(key, value as Buffer, version)
      }
      return []
    }
    const key = (batch.conditions[depth] as KeyValueCondition).key
    const expected = versions[depth] as number | null
    let inner: Array<Promise<boolean>> = []
    const nest = (): void => {
      inner = this.instruct({ batch, versions }, depth + 1, version)
    }
    const verdict = expected === null ? this.db.ifNoExists(key, nest) : this.db.ifVersion(key, expected, nest)
    return [verdict, ...inner]
  }

  private assertRoom(bytes: number): void {
    const needed = bytes + WRITE_SLACK_BYTES
    const free = freeBytesAt(this.path)
    if (free !== null && free < needed) throw diskFull(this.path, needed, free)
    if (this.maxBytes === null) return
    const left = this.maxBytes - this.liveBytes()
    if (left < bytes) throw diskFull(this.path, bytes, left)
  }

  private liveBytes(): number {
    const stats = this.db.getStats() as {
      pageSize: number
      treeBranchPageCount: number
      treeLeafPageCount: number
      overflowPages: number
    }
    this.db.resetReadTxn()
    return (stats.treeBranchPageCount + stats.treeLeafPageCount + stats.overflowPages) * stats.pageSize
  }

  private assertOpen(): void {
    if (!this.closed) return
    throw new WindrowError('WR_STORE_CLOSED', {
      message: `The store in ${this.path} was closed`,
      remedy: 'This is a mistake in the program: something went on working after the shutdown.',
      facts: { path: this.path },
    })
  }
}

/** LMDB ends the process when the file is something else. It starts with a page whose header is followed by a magic number. */
function assertLooksLikeStore(path: string): void {
  const file = join(path, 'data.mdb')
  if (!existsSync(file)) return
  const start = Buffer.alloc(32)
  const handle = openSync(file, 'r')
  try {
    const read = readSync(handle, start, 0, start.byteLength, 0)
    const magic = process.arch.endsWith('64') ? start.readUInt32LE(24) : start.readUInt32LE(16)
    if (read > 0 && magic !== 0xbeefc0de) throw new Error('data.mdb is no LMDB file')
  } finally {
    closeSync(handle)
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

/** Never the same for two writes of a key in practice (53 random bits), so an unchanged version is an unchanged value. */
function randomVersion(): number {
  const bits = randomBytes(8)
  return (bits.readUInt32LE(0) & 0x1fffff) * 2 ** 32 + bits.readUInt32LE(4) + 1
}

/** Null where the file system does not say. */
function freeBytesAt(path: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(path)
    return bavail * bsize
  } catch {
    return null
  }
}
