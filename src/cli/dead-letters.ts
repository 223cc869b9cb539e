import { basename } from 'node:path'
import type { DeadLetterInfo } from '../api/ports.ts'
import { keyText, type RecordBatch, valueBytes } from '../core/record-block.ts'
import { DEAD_LETTERS_TOPIC, type DeadLetter, decodeDeadLetter } from '../events/dead-letter.ts'
import { schemaIdOf } from '../events/wire-format.ts'
import type { Log, Topic } from '../log/port.ts'
import { remedyOf } from './remedy-of.ts'

/** A dead letter as it stands in its topic. */
export interface FiledLetter {
  /** Its key: the canonical JSON array of its origin. */
  readonly id: string
  readonly partition: number
  readonly letter: DeadLetter
}

/** Letters kept at once while scanning for the newest ones. */
const KEPT = 20_000

async function* batchesOf(log: Log, topic: Topic): AsyncGenerator<{ readonly partition: number; readonly batch: RecordBatch }> {
  for (let partition = 0; partition < topic.partitions; partition++) {
    const reader = log.reader(topic, partition)
    try {
      for (let batch = await reader.next(); batch !== null; batch = await reader.next()) yield { partition, batch }
    } finally {
      await reader.close()
    }
  }
}

async function decoded(log: Log, bytes: Uint8Array): Promise<DeadLetter> {
  const schema = await log.registry.schemaById(schemaIdOf(bytes))
  return schema === null ? decodeDeadLetter(bytes) : decodeDeadLetter(bytes, schema)
}

const isNewer = (a: FiledLetter, b: FiledLetter): number => b.letter.at - a.letter.at || (a.id < b.id ? -1 : 1)

export interface LetterQuery {
  readonly limit: number
  /** Only letters after this one in the order given; null for the first. */
  readonly after: string | null
}

/** Dead letters, newest first. Those that were retried with success are gone. */
export async function listDeadLetters(log: Log, query: LetterQuery): Promise<readonly FiledLetter[]> {
  const topic = await log.findTopic(DEAD_LETTERS_TOPIC)
  if (topic === null) return []
  const bound = query.after === null ? null : await findDeadLetter(log, query.after)
  const limit = Math.min(query.limit, KEPT)
  const kept = new Map<string, FiledLetter>()
  for await (const { partition, batch } of batchesOf(log, topic)) {
    for (let i = 0; i < batch.count; i++) {
      const id = keyText(batch, i)
      const value = valueBytes(batch, i)
      kept.delete(id)
      if (value === null) continue
      const filed = { id, partition, letter: await decoded(log, value) }
      if (bound === null || isNewer(bound, filed) < 0) kept.set(id, filed)
    }
    if (kept.size > KEPT + limit) dropOldest(kept, limit)
  }
  return [...kept.values()].sort(isNewer).slice(0, limit)
}

function dropOldest(kept: Map<string, FiledLetter>, limit: number): void {
  for (const { id } of [...kept.values()].sort(isNewer).slice(limit)) kept.delete(id)
}

/** The dead letter of that id, null where there is none (any more). */
export async function findDeadLetter(log: Log, id: string): Promise<FiledLetter | null> {
  const topic = await log.findTopic(DEAD_LETTERS_TOPIC)
  if (topic === null) return null
  let found: FiledLetter | null = null
  for await (const { partition, batch } of batchesOf(log, topic)) {
    for (let i = 0; i < batch.count; i++) {
      if (keyText(batch, i) !== id) continue
      const value = valueBytes(batch, i)
      found = value === null ? null : { id, partition, letter: await decoded(log, value) }
    }
  }
  return found
}

const PREVIEW_BYTES = 400
const utf8 = new TextDecoder('utf-8', { fatal: true })

/** The beginning of the original as text, null where it is not text. */
function previewOf(value: Uint8Array | null): string | null {
  if (value === null) return null
  for (
    let cut = Math.min(value.byteLength, PREVIEW_BYTES);
    cut > Math.min(value.byteLength, PREVIEW_BYTES) - 4 && cut >= 0;
    cut--
  ) {
    try {
      const text = utf8.decode(value.subarray(0, cut))
      // Avro bodies are sometimes valid UTF-8 by chance; control characters tell them apart.
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
      return /[\u0000-\u0008\u000e-\u001f]/.test(text) ? null : text
    } catch {
      // The cut may have gone through a character: one byte less.
    }
  }
  return null
}

function whereOf({ letter }: FiledLetter): string {
  const { origin, input, line } = letter
  switch (origin.kind) {
    case 'log':
      return `${origin.topic} ${origin.partition}@${origin.offset}`
    case 'sink':
      return `${origin.sink}: ${origin.topic} ${origin.partition}@${origin.offset}`
    case 'source':
      return [origin.source, basename(input ?? ''), origin.station, line === null ? '' : `line ${line}`]
        .filter((part) => part !== '')
        .join(' ')
  }
}

/** As the API and the command line show it. */
export function describeDeadLetter(filed: FiledLetter): DeadLetterInfo {
  const { letter } = filed
  return {
    id: filed.id,
    origin: letter.origin.kind,
    where: whereOf(filed),
    input: letter.input ?? null,
    code: letter.code,
    message: letter.message,
    remedy: remedyOf(letter.code),
    recordedAt: letter.at,
    size: letter.valueLength,
    preview: previewOf(letter.value),
  }
}
