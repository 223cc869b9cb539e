import { describe, expect, test } from 'vitest'
import type { Catalogue } from '../../src/cli/catalogue.ts'
import { describeDeadLetter, findDeadLetter, listDeadLetters } from '../../src/cli/dead-letters.ts'
import { retryDeadLetters } from '../../src/cli/retry-dead-letters.ts'
import { partitionOf } from '../../src/core/murmur2.ts'
import { keyText, RecordBlockBuilder, valueBytes } from '../../src/core/record-block.ts'
import { airReadings } from '../../src/events/air.ts'
import {
  DEAD_LETTER_SCHEMA,
  DEAD_LETTERS_TOPIC,
  type DeadLetterOrigin,
  deadLetterKey,
  encodeDeadLetter,
} from '../../src/events/dead-letter.ts'
import { readingEncoder } from '../../src/events/reading-encoder.ts'
import type { Log, Topic } from '../../src/log/port.ts'
import { memoryLog } from '../../src/testing/memory-log.ts'
import { airReading } from '../events/readings.ts'

const utf8 = new TextEncoder()
const catalogue = { events: [airReadings], topicOf: () => 'air.readings' } as unknown as Catalogue

async function append(log: Log, topic: Topic, partition: number, key: string, value: Uint8Array | null): Promise<number> {
  const builder = new RecordBlockBuilder()
  builder.add(key, value)
  const [offset] = await log.append([{ topic, partition, block: builder.build() }])
  return offset as number
}

async function fixture() {
  const log = memoryLog()
  const readings = await log.ensureTopic({ name: 'air.readings', partitions: 2, cleanup: 'keep' })
  const letters = await log.ensureTopic({ name: DEAD_LETTERS_TOPIC, partitions: 2, cleanup: 'compact' })
  const schemaId = await log.registry.register('dead-letters-value', DEAD_LETTER_SCHEMA)
  const encoder = readingEncoder(airReadings, await log.registry.register('air.readings-value', airReadings.schema))
  const file = async (origin: DeadLetterOrigin, at: number, code = 'WR_READING_TOO_LATE'): Promise<string> => {
    const key = deadLetterKey(origin)
    const letter = { origin, line: null, code, message: 'm', key: null, value: utf8.encode('text'), valueLength: 4, at }
    await append(log, letters, partitionOf(utf8.encode(key), 2), key, encodeDeadLetter(letter, schemaId))
    return key
  }
  const origin = (offset: number, partition = 0): DeadLetterOrigin => ({
    kind: 'log',
    topic: readings.name,
    topicId: readings.id,
    partition,
    offset,
  })
  return { log, readings, encoder, file, origin }
}

describe('dead letters', () => {
  test('are listed newest first, page by page, each once', async () => {
    const { log, file, origin } = await fixture()
    const ids: string[] = []
    for (let i = 0; i < 7; i++) ids.unshift(await file(origin(i), 1_000 + i))
    await file(origin(3), 1_003)
    const first = await listDeadLetters(log, { limit: 4, after: null })
    const second = await listDeadLetters(log, { limit: 4, after: first.at(-1)?.id ?? null })
    expect([...first, ...second].map(({ id }) => id)).toEqual(ids)
  })

  test('say where they came from, what they were, and what to do', async () => {
    const { log, file } = await fixture()
    const id = await file({ kind: 'source', source: 'file', station: 'roof', hash: 'ab' }, 5, 'WR_READING_FIELD')
    const found = await findDeadLetter(log, id)
    if (found === null) throw new Error('it is not there')
    expect(describeDeadLetter(found)).toMatchObject({
      origin: 'source',
      where: 'file roof',
      code: 'WR_READING_FIELD',
      preview: 'text',
      size: 4,
    })
    expect(describeDeadLetter(found).remedy).not.toContain('docs/errors.md')
    expect(await findDeadLetter(log, 'nothing')).toBeNull()
  })

  test('of readings that can be used now are published again, under their own key, and are gone', async () => {
    const { log, readings, encoder, file, origin } = await fixture()
    const { stationId } = airReading
    const own = partitionOf(utf8.encode(stationId), 2)
    const value = encoder.encode(airReading)
    // In a partition that is not the key's, where no task takes it.
    const offset = await append(log, readings, 1 - own, stationId, value)
    const id = await file(origin(offset, 1 - own), 1)
    expect(await retryDeadLetters(log, catalogue, { ids: [id], code: null })).toEqual({ tried: 1, accepted: 1, refused: 0 })
    expect(await listDeadLetters(log, { limit: 10, after: null })).toEqual([])
    const batch = await log.reader(readings, own).next()
    if (batch === null) throw new Error('nothing was published')
    expect([keyText(batch, 0), valueBytes(batch, 0)]).toEqual([stationId, value])
  })

  test('that would be refused again stay: broken records, other topics of that name, sources', async () => {
    const { log, readings, file, origin } = await fixture()
    const broken = await append(log, readings, 0, 'roof', utf8.encode('no avro'))
    await file(origin(broken), 1)
    await file({ ...origin(broken), topicId: 'another' } as DeadLetterOrigin, 2)
    await file({ kind: 'source', source: 'file', station: '', hash: 'ab' }, 3)
    await file(origin(1_000_000), 4)
    expect(await retryDeadLetters(log, catalogue, { ids: null, code: 'WR_READING_TOO_LATE' })).toEqual({
      tried: 4,
      accepted: 0,
      refused: 4,
    })
    expect(await listDeadLetters(log, { limit: 10, after: null })).toHaveLength(4)
  })
})
