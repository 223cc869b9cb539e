import { type RecordBatch, RecordBlockBuilder, valueBytes } from '../../core/record-block.ts'
import { canonicalSchema } from '../canonical-schema.ts'
import type { LogReader, Topic, Write } from '../port.ts'
import type { SchemaRegistry } from '../schema-registry.ts'

export interface TopicRegistryOptions {
  /** The topic of schemas: one partition that keeps everything. */
  readonly topic: () => Promise<Topic>
  readonly reader: (topic: Topic) => LogReader
  readonly end: (topic: Topic) => Promise<number>
  readonly append: (writes: readonly Write[]) => Promise<readonly number[]>
}

interface Registration {
  readonly subject: string
  readonly schema: string
}

const text = new TextEncoder()
const decoder = new TextDecoder()

/**
 * Schemas in a topic, where no registry is at hand. The log decides: an id is the number of a schema among the different ones, in the
 * order in which they were first written, so that whoever reads the topic comes to the same ids and nobody has to be asked.
 */
export function topicRegistry({ topic, reader, end, append }: TopicRegistryOptions): SchemaRegistry & { close(): Promise<void> } {
  const schemas: string[] = []
  const idByCanonical = new Map<string, number>()
  const idsBySubject = new Map<string, number[]>()
  let reading: LogReader | null = null
  let last: Promise<unknown> = Promise.resolve()

  const note = ({ subject, schema }: Registration): void => {
    const canonical = canonicalSchema(schema)
    let id = idByCanonical.get(canonical)
    if (id === undefined) {
      id = schemas.push(schema)
      idByCanonical.set(canonical, id)
    }
    const ids = idsBySubject.get(subject) ?? []
    if (!ids.includes(id)) idsBySubject.set(subject, [...ids, id])
  }
  const noteAll = (batch: RecordBatch): void => {
    for (let i = 0; i < batch.count; i++) {
      const value = valueBytes(batch, i)
      if (value !== null) note(JSON.parse(decoder.decode(value)) as Registration)
    }
  }
  /** Reads to the end as it is now. */
  const catchUp = (): Promise<void> => {
    const done = last.then(async () => {
      const of = await topic()
      reading ??= reader(of)
      const until = await end(of)
      while (reading.position < until) {
        const batch = await reading.next()
        if (batch !== null) noteAll(batch)
      }
    })
    // A failure is for who asked.
    last = done.catch(() => undefined)
    return done
  }
  const known = (subject: string, schema: string): number | null => {
    const id = idByCanonical.get(canonicalSchema(schema))
    return id !== undefined && idsBySubject.get(subject)?.includes(id) ? id : null
  }

  return {
    async register(subject, schema) {
      if (known(subject, schema) === null) await catchUp()
      for (;;) {
        const id = known(subject, schema)
        if (id !== null) return id
        const builder = new RecordBlockBuilder()
        builder.add(subject, text.encode(JSON.stringify({ subject, schema })))
        await append([{ topic: await topic(), partition: 0, block: builder.build() }])
        await catchUp()
      }
    },
    async schemaById(id) {
      if (schemas[id - 1] === undefined) await catchUp()
      return schemas[id - 1] ?? null
    },
    async versions(subject) {
      await catchUp()
      return (idsBySubject.get(subject) ?? []).map((id, i) => ({ version: i + 1, id, schema: schemas[id - 1] ?? '' }))
    },
    async subjects() {
      await catchUp()
      return [...idsBySubject.keys()]
    },
    async close() {
      await last
      await reading?.close()
    },
  }
}
