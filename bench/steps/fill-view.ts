import { partitionOf } from '../../src/core/murmur2.ts'
import { RecordBlockBuilder } from '../../src/core/record-block.ts'
import type { Log, Topic, Write } from '../../src/log/port.ts'
import { rowEncoder, rowSchema } from '../../src/views/row-codec.ts'
import { canonicalKey } from '../../src/views/row-key.ts'
import { currentViewRecords, firstGeneration, VIEWS_CURRENT_TOPIC } from '../../src/views/views-current.ts'
import { hourlyRow, hourlyView } from '../workloads/hourly-rows.ts'
import { DEFAULT_PARTITIONS } from './bench-folder.ts'
import { openBenchLog } from './bench-log.ts'

export interface FillViewParams {
  readonly folder: string
  readonly rows: number
}

const ROWS_AN_APPEND = 20_000

/** Writes rows of `hourlyView` into its topic, as a topology commits them, and says that they are current. */
export async function fillView({ folder, rows }: FillViewParams): Promise<void> {
  const log = await openBenchLog({ folder })
  const topic = await log.ensureTopic({
    name: `views.${hourlyView.name}.g1`,
    partitions: DEFAULT_PARTITIONS,
    cleanup: 'compact',
  })
  const encoder = rowEncoder(hourlyView, await log.registry.register(`${topic.name}-value`, rowSchema(hourlyView)))
  for (let from = 0; from < rows; from += ROWS_AN_APPEND) {
    const builders = Array.from({ length: topic.partitions }, () => new RecordBlockBuilder())
    for (let index = from; index < Math.min(rows, from + ROWS_AN_APPEND); index++) {
      const cells = hourlyRow(index)
      const partition = partitionOf(new TextEncoder().encode(String(cells[0])), topic.partitions)
      builders[partition]?.add(canonicalKey(hourlyView, cells), encoder.encode(cells), { new: '1' })
    }
    const writes = builders.map((builder, partition): Write => ({ topic, partition, block: builder.build() }))
    await log.append(writes.filter(({ block }) => block.count > 0))
  }
  await sayCurrent(log, topic)
  await log.close()
}

async function sayCurrent(log: Log, topic: Topic): Promise<void> {
  const current = await log.ensureTopic({ name: VIEWS_CURRENT_TOPIC, partitions: 1, cleanup: 'compact' })
  const schemaId = await log.registry.register(`${VIEWS_CURRENT_TOPIC}-value`, currentViewRecords.schema)
  const block = new RecordBlockBuilder()
  block.add(hourlyView.name, currentViewRecords.encode(firstGeneration(hourlyView.name, topic, '', 0), schemaId))
  await log.append([{ topic: current, partition: 0, block: block.build() }])
}
