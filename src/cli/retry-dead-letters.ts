import type { DeadLetterRetry, DeadLetterSelection } from '../api/ports.ts'
import { partitionOf } from '../core/murmur2.ts'
import { type RecordBatch, RecordBlockBuilder, valueBytes } from '../core/record-block.ts'
import { DEAD_LETTERS_TOPIC } from '../events/dead-letter.ts'
import { Dictionaries } from '../events/dictionaries.ts'
import { createReadingDecoder } from '../events/reading-decoder.ts'
import type { Log, Topic, Write } from '../log/port.ts'
import type { Catalogue } from './catalogue.ts'
import { type FiledLetter, listDeadLetters } from './dead-letters.ts'

const ALL = Number.MAX_SAFE_INTEGER

/**
 * Publishes again what dead letters of the log were made from, and takes those letters away in the same commit. A record that
 * would be refused again for the same reason stays. Letters of sources and sinks stay too: their producer or sink makes them anew.
 * `onRefused` is told of each that stays.
 */
export async function retryDeadLetters(
  log: Log,
  catalogue: Catalogue,
  selection: DeadLetterSelection,
  onRefused: (filed: FiledLetter, reason: string) => void = () => {},
): Promise<DeadLetterRetry> {
  const letters = (await listDeadLetters(log, { limit: ALL, after: null })).filter(
    ({ id, letter }) =>
      (selection.ids === null || selection.ids.includes(id)) && (selection.code === null || letter.code === selection.code),
  )
  const deadLetters = await log.findTopic(DEAD_LETTERS_TOPIC)
  let accepted = 0
  for (const filed of letters) {
    const refusal = deadLetters === null ? 'it is gone' : await retryOne(log, catalogue, deadLetters, filed)
    if (refusal === null) accepted += 1
    else onRefused(filed, refusal)
  }
  return { tried: letters.length, accepted, refused: letters.length - accepted }
}

/** Null when it was published again, else why not. */
async function retryOne(log: Log, catalogue: Catalogue, deadLetters: Topic, filed: FiledLetter): Promise<string | null> {
  const { origin, message } = filed.letter
  if (origin.kind === 'source') return `${message}; it never was in the log: mend it in the source, and produce it again`
  if (origin.kind === 'sink') return `${message}; ${origin.sink} takes the row when it comes anew`
  const event = catalogue.events.find((each) => catalogue.topicOf(each) === origin.topic)
  const topic = await log.findTopic(origin.topic)
  if (event === undefined) return `no event is read from ${origin.topic} (its module may be missing in WINDROW_MODULES)`
  if (topic === null || topic.id !== origin.topicId) return `${origin.topic} was made anew since`
  const record = await recordAt(log, topic, origin.partition, origin.offset)
  if (record === null) return `${origin.topic} ${origin.partition} has no record ${origin.offset} any longer`
  const { batch, i } = record
  const key = batch.bytes.subarray(batch.keyStart[i], batch.keyEnd[i])
  const value = valueBytes(batch, i)
  const partition = partitionOf(key, topic.partitions)
  if (value === null) return 'the record has no value'
  const fault = await faultOf(log, event, topic, partition, key, value)
  if (fault !== null) return fault
  await log.append([write(topic, partition, key, value), write(deadLetters, filed.partition, filed.id, null)])
  return null
}

/** What is wrong with a record, null when it can be used now. */
async function faultOf(
  log: Log,
  event: Catalogue['events'][number],
  topic: Topic,
  partition: number,
  key: Uint8Array,
  value: Uint8Array,
): Promise<string | null> {
  const schemas = new Map<number, string | null>()
  const decoder = createReadingDecoder({
    event,
    dictionaries: new Dictionaries(),
    partition,
    partitions: topic.partitions,
    schemas: { lookup: (id) => schemas.get(id) },
  })
  const builder = new RecordBlockBuilder()
  builder.add(key, value)
  const batch: RecordBatch = { ...builder.build(), offsets: Float64Array.of(0), appendedAt: Float64Array.of(0), nextOffset: 1 }
  for (const id of decoder.unknownSchemaIds(batch)) schemas.set(id, await log.registry.schemaById(id))
  return decoder.decode(batch).faults[0]?.message ?? null
}

async function recordAt(
  log: Log,
  topic: Topic,
  partition: number,
  offset: number,
): Promise<{ batch: RecordBatch; i: number } | null> {
  const { start, end } = await log.bounds(topic, partition)
  if (offset < start || offset >= end) return null
  const reader = log.reader(topic, partition, offset)
  try {
    const batch = await reader.next(1)
    const i = batch === null ? -1 : batch.offsets.indexOf(offset)
    return batch === null || i < 0 ? null : { batch, i }
  } finally {
    await reader.close()
  }
}

function write(topic: Topic, partition: number, key: Uint8Array | string, value: Uint8Array | null): Write {
  const builder = new RecordBlockBuilder()
  builder.add(key, value)
  return { topic, partition, block: builder.build() }
}
