import { randomBytes } from 'node:crypto'
import { statfsSync } from 'node:fs'
import type { RootDatabase } from 'lmdb'
import { sameBytes } from './bytes.ts'
import { diskFull, reasonOf, writeFailure } from './lmdb-errors.ts'
import type { OpenGate } from './open-gate.ts'
import type { KeyValueChange, KeyValueCondition } from './port.ts'

/** Batches that wait are written together in one transaction up to about this size, so that the write lock is held shortly. */
const GROUP_BYTES = 32 * 1024 * 1024
/** What a write needs beyond its bytes: pages of the tree that are copied, and the freelist. */
const WRITE_SLACK_BYTES = 128 * 1024

export interface BatchRequest {
  readonly changes: readonly KeyValueChange[]
  readonly conditions: readonly KeyValueCondition[]
  readonly bytes: number
  /** The most that live data may take after it, null: no limit. */
  readonly maxBytes: number | null
}

interface PendingBatch extends BatchRequest {
  readonly resolve: (applied: boolean) => void
  readonly reject: (error: unknown) => void
}

/** A batch whose conditions held when they were read, with the versions that must still be there when it is applied. */
interface PlannedBatch {
  readonly batch: PendingBatch
  readonly versions: ReadonlyArray<number | null>
}

/**
 * Writes batches, those that wait together in one transaction. Conditions are evaluated inside the transaction by LMDB's own
 * thread, no JavaScript runs while the write lock is held: see docs/decisions/0030-conditions-in-lmdb.md.
 */
export class LmdbWriter {
  private readonly db: RootDatabase<Buffer, Uint8Array>
  private readonly path: string
  private readonly gate: OpenGate
  private readonly written: () => void
  private waiting: PendingBatch[] = []
  private draining: Promise<void> | null = null

  constructor(db: RootDatabase<Buffer, Uint8Array>, path: string, gate: OpenGate, written: () => void) {
    this.db = db
    this.path = path
    this.gate = gate
    this.written = written
  }

  /** True once it is on disk, false when a condition did not hold. */
  apply(request: BatchRequest): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ ...request, resolve, reject })
      this.draining ??= this.drain()
    })
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    while (this.draining !== null) await this.draining
  }

  /** One transaction at a time: lmdb-js does not promise the order of transactions that are under way together. */
  private async drain(): Promise<void> {
    // Batches of the same turn of the event loop share a transaction.
    await Promise.resolve()
    while (this.waiting.length > 0) await this.writeGroup(this.takeGroup())
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

  private async writeGroup(group: readonly PendingBatch[]): Promise<void> {
    try {
      const planned = this.plan(group)
      if (planned.length === 0) return
      const verdicts = await this.write(planned)
      const again: PendingBatch[] = []
      planned.forEach(({ batch }, i) => {
        if (verdicts[i] === true) batch.resolve(true)
        // Somebody wrote the key since it was read; whether the value still fits is for another look to say.
        else again.push(batch)
      })
      this.waiting.unshift(...again)
      this.written()
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

  private async write(planned: readonly PlannedBatch[]): Promise<boolean[]> {
    const bytes = planned.reduce((sum, { batch }) => sum + batch.bytes, 0)
    this.assertRoom(bytes, Math.min(...planned.map(({ batch }) => batch.maxBytes ?? Number.POSITIVE_INFINITY)))
    const version = randomVersion()
    const verdicts: Array<Promise<boolean[]>> = []
    await this.gate.enter()
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
    } finally {
      this.gate.leave()
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

  private assertRoom(bytes: number, maxBytes: number): void {
    const needed = bytes + WRITE_SLACK_BYTES
    const free = freeBytesAt(this.path)
    if (free !== null && free < needed) throw diskFull(this.path, needed, free)
    if (maxBytes === Number.POSITIVE_INFINITY) return
    const left = maxBytes - this.liveBytes()
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
