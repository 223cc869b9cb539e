import { WindrowError } from '../../core/errors.ts'
import { afterPrefix } from '../../kv/bytes.ts'
import type { KeyValueChange, KeyValueStore } from '../../kv/port.ts'
import { assertSameShape, assertTopicSpec } from '../errors.ts'
import type { Topic, TopicSpec } from '../port.ts'
import {
  blocksPrefix,
  headKey,
  leasesPrefix,
  progressPrefix,
  randomTopicId,
  topicKey,
  topicsPrefix,
  trashKey,
  trashPrefix,
} from './log-keys.ts'
import { EMPTY_HEAD, encodeHead } from './partition-head.ts'

const text = new TextEncoder()
const decoder = new TextDecoder()
/** Keys that are removed in one transaction. */
const SWEEP_KEYS = 256

/** The topics' descriptions in the store. */
export class TopicStore {
  private readonly kv: KeyValueStore

  constructor(kv: KeyValueStore) {
    this.kv = kv
  }

  find(name: string): Topic | null {
    const value = this.kv.get(topicKey(name))
    return value === undefined ? null : decodeTopic(name, value)
  }

  all(): Topic[] {
    const range = { start: topicsPrefix, end: afterPrefix(topicsPrefix) }
    return this.kv.range(range).map(({ key, value }) => decodeTopic(decoder.decode(key.subarray(topicsPrefix.byteLength)), value))
  }

  async ensure(spec: TopicSpec): Promise<Topic> {
    assertTopicSpec(spec)
    for (;;) {
      const existing = this.find(spec.name)
      if (existing !== null) {
        assertSameShape(existing, spec)
        return existing
      }
      const topic: Topic = { name: spec.name, partitions: spec.partitions, cleanup: spec.cleanup, id: randomTopicId() }
      const changes: KeyValueChange[] = [{ key: topicKey(spec.name), value: encodeTopic(topic) }]
      for (let p = 0; p < topic.partitions; p++) changes.push({ key: headKey(topic.id, p), value: encodeHead(EMPTY_HEAD) })
      if (await this.kv.batch(changes, [{ key: topicKey(spec.name), expected: null }])) return topic
    }
  }

  /** The topic is gone at once; its records go after it, also when the process ends in between (see `sweep`). */
  async delete(name: string): Promise<void> {
    const value = this.kv.get(topicKey(name))
    if (value === undefined) return
    const topic = decodeTopic(name, value)
    const changes: KeyValueChange[] = [
      { key: topicKey(name), value: null },
      { key: trashKey(topic.id), value: new Uint8Array(1) },
    ]
    for (let p = 0; p < topic.partitions; p++) changes.push({ key: headKey(topic.id, p), value: null })
    for (const prefix of [progressPrefix(topic.id), leasesPrefix(topic.id)]) {
      for (const key of this.kv.keys({ start: prefix, end: afterPrefix(prefix) })) changes.push({ key, value: null })
    }
    // When it fails somebody else deleted the topic, which is as good.
    await this.kv.batch(changes, [{ key: topicKey(name), expected: value }])
    await this.sweep()
  }

  /** Removes the records of deleted topics: also those that a process left behind that ended in the middle. */
  async sweep(): Promise<void> {
    const markers = this.kv.keys({ start: trashPrefix, end: afterPrefix(trashPrefix) })
    for (const marker of markers) {
      const id = Buffer.from(marker.subarray(trashPrefix.byteLength)).toString('base64url')
      const prefix = blocksPrefix(id)
      for (;;) {
        const keys = this.kv.keys({ start: prefix, end: afterPrefix(prefix), limit: SWEEP_KEYS })
        if (keys.length === 0) break
        await this.kv.batch(keys.map((key) => ({ key, value: null })))
      }
      await this.kv.batch([{ key: marker, value: null }])
    }
  }
}

function encodeTopic({ id, partitions, cleanup }: Topic): Uint8Array {
  return text.encode(JSON.stringify({ id, partitions, cleanup }))
}

function decodeTopic(name: string, value: Uint8Array): Topic {
  const { id, partitions, cleanup } = JSON.parse(decoder.decode(value)) as Omit<Topic, 'name'>
  if (cleanup === 'keep' || cleanup === 'compact') return { name, id, partitions, cleanup }
  throw new WindrowError('WR_STORE_FAILED', {
    message: `The description of the topic ${name} cannot be read`,
    remedy: 'The store was written by another version of windrow, or is damaged. Use the version that wrote it.',
    facts: { topic: name },
  })
}
