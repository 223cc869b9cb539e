import { isWindrowError, messageOf, WindrowError } from '../../core/errors.ts'
import type { Topic } from '../../log/port.ts'
import { isOtherRecord, type LastRecord } from '../last-record.ts'
import { fenced } from './lake-errors.ts'
import type { LakeWriter } from './lake-layer.ts'
import type { FileTag, LakeStorage } from './storage/storage.ts'

interface Stored<T> {
  readonly version: 1
  /** The lease under which it was written, and its epoch: those of another lease tell nothing, as after the lake has moved to another address. */
  readonly lease: string
  readonly epoch: number
  /** Null until the first time that something was written. */
  readonly value: T | null
}

/**
 * How far a part of a lake is: a small JSON file, which only its last owner can replace. Whoever has the lake claims it first, so that
 * nobody who had the lake before can write it any more.
 */
export class StateFile<T> {
  readonly name: string
  private readonly writer: LakeWriter
  private tag: FileTag
  private current: T | null

  private constructor(name: string, writer: LakeWriter, tag: FileTag, current: T | null) {
    this.name = name
    this.writer = writer
    this.tag = tag
    this.current = current
  }

  /**
   * `check` throws where what is there is not of this log; nothing is changed then. Rejects with WR_FENCED when another process has the lake,
   * with WR_LAKE_AHEAD when the log knows nothing of who wrote it last.
   */
  static async claim<T>(writer: LakeWriter, name: string, check: (value: T) => void | Promise<void>): Promise<StateFile<T>> {
    const { storage, epoch } = writer
    const found = await read<T>(storage, name)
    const value = found?.stored.value ?? null
    if (value !== null) await check(value)
    if (found !== null && found.stored.lease === writer.lease && found.stored.epoch > epoch) {
      await writer.confirm()
      throw ofLaterLog(name, storage.describe())
    }
    const file = new StateFile(name, writer, found?.tag ?? '', value)
    await file.put(value, found === null ? 'none' : { tag: found.tag })
    return file
  }

  get value(): T | null {
    return this.current
  }

  /** Rejects with WR_FENCED when another process has the lake. */
  async save(value: T): Promise<void> {
    await this.put(value, { tag: this.tag })
  }

  private async put(value: T | null, expected: 'none' | { readonly tag: FileTag }): Promise<void> {
    const { storage, lease, epoch } = this.writer
    const bytes = new TextEncoder().encode(`${JSON.stringify({ version: 1, lease, epoch, value } satisfies Stored<T>)}\n`)
    try {
      this.tag = await storage.write(this.name, bytes, expected)
    } catch (error) {
      if (!isWindrowError(error, 'WR_LAKE_CHANGED')) throw error
      this.tag = await this.ownTag(bytes, error)
    }
    this.current = value
  }

  /** A try whose answer was lost may have written it: then the next one finds it changed, by us. */
  private async ownTag(bytes: Uint8Array, error: unknown): Promise<FileTag> {
    const { storage, lease, epoch } = this.writer
    const found = await storage.read(this.name)
    if (found === null) throw error
    if (Buffer.from(bytes).equals(found.bytes)) return found.tag
    const stored = parsed<T>(this.name, storage, found.bytes)
    if (stored.lease === lease && stored.epoch > epoch) throw fenced(this.name, storage.describe(), error)
    throw error
  }
}

/** How far the files of a topic are; null where nothing was written yet. Anybody may ask. */
export async function readState<T>(storage: LakeStorage, name: string): Promise<T | null> {
  return (await read<T>(storage, name))?.stored.value ?? null
}

/** Where the state of a layer is that follows a topic. */
export function stateName(layer: string, topic: string): string {
  return `_state/${layer}/${topic}.json`
}

async function read<T>(storage: LakeStorage, name: string): Promise<{ stored: Stored<T>; tag: FileTag } | null> {
  const found = await storage.read(name)
  return found === null ? null : { stored: parsed<T>(name, storage, found.bytes), tag: found.tag }
}

function parsed<T>(name: string, storage: LakeStorage, bytes: Uint8Array): Stored<T> {
  try {
    const stored = JSON.parse(new TextDecoder().decode(bytes)) as Partial<Stored<T>>
    if (stored.version !== 1 || typeof stored.epoch !== 'number' || typeof stored.lease !== 'string') {
      throw new TypeError(`it is of version ${stored.version}`)
    }
    return { version: 1, lease: stored.lease, epoch: stored.epoch, value: stored.value ?? null }
  } catch (cause) {
    throw new WindrowError('WR_LAKE_FILE', {
      message: `${name} in ${storage.describe()} cannot be read: ${messageOf(cause)}`,
      remedy: 'Another program, or a later windrow, wrote it. Put it back from a copy, or give the lake another place.',
      facts: { name },
      cause,
      kind: 'usage',
    })
  }
}

/** The log was put back to an older state: the lake may have what this log never had. */
function ofLaterLog(name: string, where: string): WindrowError {
  return new WindrowError('WR_LAKE_AHEAD', {
    message: `${name} in ${where} was written from a later state of the log than this one`,
    remedy: AHEAD_REMEDY,
    facts: { name, where },
    kind: 'usage',
  })
}

const AHEAD_REMEDY =
  'The log was put back to an older state. A lake keeps what it has: give the restored log a lake of its own, or move the folders of the topic (bronze, silver, _state) away, for them to be made anew.'

/** How far a lake is in one topic of readings. */
export interface TopicState {
  readonly topic: string
  readonly topicId: string
  /** By partition: all before it is in the files. */
  readonly offsets: readonly number[]
  /** By partition: the last record that is in the files. Absent, or null: of a version that did not say so, or there is none. */
  readonly last?: ReadonlyArray<LastRecord | null>
}

/** Throws WR_LAKE_OTHER_LOG, WR_LAKE_AHEAD or WR_LAKE_TRIMMED where the lake cannot go on from there in this log. */
export async function checkTopicState(
  { log, storage }: LakeWriter,
  layer: string,
  topic: Topic,
  state: TopicState,
): Promise<void> {
  const where = storage.describe()
  if (state.topicId !== topic.id) throw ofOtherLog(`The ${layer} files of ${topic.name}`, where, topic.name)
  for (const [partition, offset] of state.offsets.entries()) {
    if (partition >= topic.partitions) continue
    const { start, end } = await log.bounds(topic, partition)
    const facts = { layer, topic: topic.name, partition, offset, start, end, where }
    if (offset > end) {
      throw new WindrowError('WR_LAKE_AHEAD', {
        message: `The ${layer} files of ${topic.name} in ${where} go up to offset ${offset} of partition ${partition}, where the log ends at ${end}`,
        remedy: AHEAD_REMEDY,
        facts,
        kind: 'usage',
      })
    }
    if (offset < start) {
      throw new WindrowError('WR_LAKE_TRIMMED', {
        message: `${topic.name} lost the offsets ${offset} to ${start - 1} of partition ${partition} before the ${layer} files in ${where} had them`,
        remedy:
          'Readings are never to expire: take the retention off the topic (windrow doctor). Put the lost part back from a copy, or give the lake another place, which then begins with what is left.',
        facts,
        kind: 'usage',
      })
    }
    const last = state.last?.[partition] ?? null
    if (last !== null && (await isOtherRecord(log, topic, partition, last))) {
      throw new WindrowError('WR_LAKE_AHEAD', {
        message: `The ${layer} files of ${topic.name} in ${where} have another record at offset ${last.offset} of partition ${partition} than the log`,
        remedy: AHEAD_REMEDY,
        facts,
        kind: 'usage',
      })
    }
  }
}

/** `what` begins a sentence. */
export function ofOtherLog(what: string, where: string, topic: string): WindrowError {
  return new WindrowError('WR_LAKE_OTHER_LOG', {
    message: `${what} in ${where} were made from another topic of this name`,
    remedy:
      'A lake is history, of which nothing is deleted by itself. Give this log a lake of its own, or move the folders of the topic (bronze, silver, _state) away.',
    facts: { topic, where },
    kind: 'usage',
  })
}
