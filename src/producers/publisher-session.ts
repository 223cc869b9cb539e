import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import { DEAD_LETTER_SCHEMA, DEAD_LETTERS_TOPIC } from '../events/dead-letter.ts'
import { registerEvent } from '../events/schema-evolution.ts'
import type { Log } from '../log/port.ts'
import { openTable, type TableOptions } from '../log/table.ts'
import { CURSORS_TOPIC, Cursors } from './cursors.ts'
import { type EventTarget, Publisher } from './publisher.ts'
import type { Source } from './source.ts'

export interface SessionOptions {
  readonly log: Log
  /** Where the table of what was published is kept: a cache of the log. */
  readonly kv: TableOptions['kv']
  readonly source: Source
  /** Of topics that are made; one that exists keeps its number. */
  readonly partitions: number
  /** By the event's name, where it is not the event's own. */
  readonly topicNames?: ReadonlyMap<string, string> | undefined
  readonly clock: Clock
  readonly logger: Logger
  /** Of memory for what was published, default 64 MiB. */
  readonly cursorBudgetBytes?: number | undefined
  /** Of a commit, default 20,000. */
  readonly maxBatchRecords?: number | undefined
}

/** The right to publish what a source says, and the memory of what was published. */
export interface PublisherSession {
  readonly publisher: Publisher
  close(): Promise<void>
}

/**
 * Makes the topics where they are missing, takes the right to publish for the source, and reads what was published so far. Rejects with
 * WR_WRITER_HELD while another process publishes for the same source and station.
 */
export async function openPublisher(options: SessionOptions): Promise<PublisherSession> {
  const { log, kv, source, logger } = options
  const clock = source.clock ?? options.clock
  const targets: EventTarget[] = []
  for (const event of source.events) {
    const name = options.topicNames?.get(event.name) ?? event.defaultTopic
    const topic = await log.ensureTopic({ name, partitions: options.partitions, cleanup: 'keep' })
    targets.push({ event, topic, schemaId: await registerEvent(log.registry, name, event) })
  }
  const made = { partitions: options.partitions, cleanup: 'compact' as const }
  const cursorsTopic = await log.ensureTopic({ name: CURSORS_TOPIC, ...made })
  const deadLetters = {
    topic: await log.ensureTopic({ name: DEAD_LETTERS_TOPIC, ...made }),
    schemaId: await log.registry.register(`${DEAD_LETTERS_TOPIC}-value`, DEAD_LETTER_SCHEMA),
  }
  const writer = await log.exclusiveWriter(`producer:${source.name}:${source.station}`)
  try {
    // After the right was taken, so that nothing that its holder before committed is missed.
    const table = await openTable({ log, kv, topic: cursorsTopic })
    await table.catchUp()
    const cursors = new Cursors(source.name, table, options.cursorBudgetBytes)
    const { maxBatchRecords } = options
    const publisher = new Publisher({
      source,
      writer,
      cursors,
      targets,
      cursorsTopic,
      deadLetters,
      clock,
      logger,
      maxBatchRecords,
    })
    return { publisher, close: () => writer.close() }
  } catch (error) {
    await writer.close()
    throw error
  }
}
