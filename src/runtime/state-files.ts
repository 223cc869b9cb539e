import { createHash, randomUUID } from 'node:crypto'
import { WindrowError } from '../core/errors.ts'
import { sameBytes } from '../kv/bytes.ts'
import type { KeyValueChange, KeyValueStore } from '../kv/port.ts'

/** What is kept of a key besides its segments, as of a checkpoint. */
export interface KeyMeta {
  readonly subKeys: ReadonlyArray<{ readonly subKey: string; readonly zones: readonly string[]; readonly greatestEnd: number }>
}

/** Which log the state is of, and how far it goes. A state with another identity is no state at all. */
export interface StateHead {
  /** Topic id, partition, schema and format: whatever makes old bytes unusable when it changes. */
  readonly identity: string
  /** Every reading below this offset is in the segments (some segments may hold later ones too). */
  readonly offset: number
}

/** What the keys of all tasks begin with. */
export const STATES = 'state/'

const utf8 = new TextEncoder()
const text = new TextDecoder()
/** Day numbers are written with this bias, so that days before 1970 sort before the others. */
const DAY_BIAS = 2 ** 31
const CHUNK_BYTES = 4 * 1024 * 1024
/** Longer keys are replaced by their digest: the store takes keys of less than 2 KB. */
const LONGEST_KEY = 300

/**
 * The part of the key-value store that belongs to one task: segments, key entries and the head. Whoever claimed it last is the
 * only one whose changes are applied: a process that was stopped for long and does not know that another has its partition now
 * would otherwise put old segments over new ones.
 */
export class StateFiles {
  private readonly kv: KeyValueStore
  private readonly prefix: Uint8Array
  private readonly owner = utf8.encode(randomUUID())

  constructor(kv: KeyValueStore, name: string) {
    this.kv = kv
    this.prefix = utf8.encode(`${STATES}${name}\0`)
  }

  /** Takes it over from whoever has it. To be called before anything is read or written. */
  async claim(): Promise<void> {
    await this.kv.batch([{ key: this.key('o'), value: this.owner }])
  }

  head(): StateHead | null {
    const bytes = this.kv.get(this.key('h'))
    return bytes === undefined ? null : (JSON.parse(text.decode(bytes)) as StateHead)
  }

  keyMeta(key: string): KeyMeta | null {
    const bytes = this.kv.get(this.key('k', key))
    return bytes === undefined ? null : (JSON.parse(text.decode(bytes)) as KeyMeta)
  }

  /** The days of which there are segments, ascending. */
  days(key: string, subKey: string): number[] {
    const start = this.key('s', key, subKey)
    const days: number[] = []
    let from = start
    for (;;) {
      const keys = this.kv.keys({ start: from, end: after(start), limit: 10_000 })
      for (const found of keys) days.push(new DataView(found.buffer, found.byteOffset).getUint32(found.byteLength - 4) - DAY_BIAS)
      const last = keys[keys.length - 1]
      if (keys.length < 10_000 || last === undefined) return days
      from = successor(last)
    }
  }

  segment(key: string, subKey: string, day: number): Uint8Array | undefined {
    return this.kv.get(this.segmentKey(key, subKey, day))
  }

  segmentChange(key: string, subKey: string, day: number, value: Uint8Array): KeyValueChange {
    return { key: this.segmentKey(key, subKey, day), value }
  }

  keyChange(key: string, meta: KeyMeta): KeyValueChange {
    return { key: this.key('k', key), value: utf8.encode(JSON.stringify(meta)) }
  }

  /** Writes changes that any crash may cut short, in pieces. */
  async write(changes: readonly KeyValueChange[]): Promise<void> {
    let from = 0
    while (from < changes.length) {
      let bytes = 0
      let to = from
      while (to < changes.length && bytes < CHUNK_BYTES) bytes += changes[to++]?.value?.byteLength ?? 0
      await this.apply(changes.slice(from, to))
      from = to
    }
  }

  /** Writes key entries and the head in one go. */
  async writeHead(head: StateHead, changes: readonly KeyValueChange[]): Promise<void> {
    await this.apply([...changes, { key: this.key('h'), value: utf8.encode(JSON.stringify(head)) }])
  }

  /** Removes everything, the head first, so that a half removed state is never taken for one. */
  async clear(): Promise<void> {
    await this.apply([{ key: this.key('h'), value: null }])
    for (const kind of ['k', 's'] as const) {
      const start = this.key(kind)
      for (;;) {
        const keys = this.kv.keys({ start, end: after(start), limit: 10_000 })
        if (keys.length === 0) break
        await this.apply(keys.map((key) => ({ key, value: null })))
      }
    }
  }

  /** Takes it over, and leaves nothing of it. */
  async remove(): Promise<void> {
    await this.claim()
    await this.clear()
    await this.apply([{ key: this.key('o'), value: null }])
  }

  /** Throws WR_STATE_TAKEN once another has claimed it: what was read before this call returned is then still one's own. */
  assertOwned(): void {
    const owner = this.kv.get(this.key('o'))
    if (owner === undefined || !sameBytes(owner, this.owner)) throw taken()
  }

  private async apply(changes: readonly KeyValueChange[]): Promise<void> {
    if (!(await this.kv.batch(changes, [{ key: this.key('o'), expected: this.owner }]))) throw taken()
  }

  private segmentKey(key: string, subKey: string, day: number): Uint8Array {
    const prefix = this.key('s', key, subKey)
    const whole = new Uint8Array(prefix.byteLength + 4)
    whole.set(prefix)
    new DataView(whole.buffer).setUint32(prefix.byteLength, day + DAY_BIAS)
    return whole
  }

  private key(kind: 'h' | 'k' | 'o' | 's', ...parts: string[]): Uint8Array {
    const encoded = parts.map(keyPart)
    const length = this.prefix.byteLength + 1 + encoded.reduce((sum, part) => sum + 2 + part.byteLength, 0)
    const whole = new Uint8Array(length)
    whole.set(this.prefix)
    let at = this.prefix.byteLength
    whole[at++] = kind.charCodeAt(0)
    for (const part of encoded) {
      whole[at++] = part.byteLength >>> 8
      whole[at++] = part.byteLength & 255
      whole.set(part, at)
      at += part.byteLength
    }
    return whole
  }
}

function taken(): WindrowError {
  return new WindrowError('WR_STATE_TAKEN', {
    message: 'The local state of a partition was taken over by another task while this one was at work.',
    remedy: 'Nothing needs to be done: the task starts again from what is committed, if the partition is still its own.',
    canRetry: true,
  })
}

function keyPart(part: string): Uint8Array {
  const bytes = utf8.encode(part)
  return bytes.byteLength <= LONGEST_KEY ? bytes : createHash('sha256').update(bytes).digest()
}

/** The first key that does not begin with the prefix. The prefixes used here never end in 0xff bytes alone. */
function after(prefix: Uint8Array): Uint8Array {
  const end = prefix.slice()
  let i = end.byteLength - 1
  while (i >= 0 && end[i] === 255) i -= 1
  end[i] = (end[i] as number) + 1
  return end.subarray(0, i + 1)
}

function successor(key: Uint8Array): Uint8Array {
  const next = new Uint8Array(key.byteLength + 1)
  next.set(key)
  return next
}
