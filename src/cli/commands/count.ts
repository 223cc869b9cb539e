import { WindrowError } from '../../core/errors.ts'
import { keyText, valueBytes } from '../../core/record-block.ts'
import { SortedStore } from '../../kv/sorted-store.ts'
import type { Log, Topic } from '../../log/port.ts'
import type { CliContext, ExitCode } from '../context.ts'
import { type Session, withSession } from '../session.ts'
import { renderTable } from '../table.ts'

interface Count {
  readonly name: string
  readonly what: 'readings' | 'rows'
  readonly count: number
}

const NOTHING = new Uint8Array(0)
const utf8 = new TextEncoder()

/** `windrow count`: records of the reading topics and rows of the views, of those named or of all. */
export async function count(
  context: CliContext,
  names: readonly string[],
  options: { readonly json?: boolean },
): Promise<ExitCode> {
  return withSession(context, async (session) => {
    const counts = await countAll(session, names, context.signal)
    if (options.json === true) {
      await context.stdout.write(`${JSON.stringify(counts, null, 2)}\n`)
      return 0
    }
    const columns = [{ title: 'name' }, { title: 'counted' }, { title: 'count', align: 'right' }] as const
    const rows = counts.map((each) => [each.name, each.what, each.count.toLocaleString('en-US')])
    await context.stdout.write(renderTable(columns, rows, context.stdout))
    return 0
  })
}

async function countAll(
  { log, catalogue, topicOfView }: Session,
  names: readonly string[],
  signal: AbortSignal,
): Promise<Count[]> {
  const topics = catalogue.events.map((event) => catalogue.topicOf(event))
  const views = catalogue.views
  const unknown = names.find((name) => !topics.includes(name) && !views.some((view) => view.name === name))
  if (unknown !== undefined) {
    throw new WindrowError('WR_TOPIC_UNKNOWN', {
      message: `There is neither a topic of readings nor a view called ${JSON.stringify(unknown)}.`,
      remedy: `Use any of ${[...topics, ...views.map((view) => view.name)].join(', ')}.`,
      kind: 'usage',
      facts: { topic: unknown },
    })
  }
  const wanted = (name: string): boolean => names.length === 0 || names.includes(name)
  const counts: Count[] = []
  for (const name of topics.filter(wanted)) {
    const topic = await log.findTopic(name)
    counts.push({ name, what: 'readings', count: topic === null ? 0 : await recordsOf(log, topic) })
  }
  for (const view of views.filter(({ name }) => wanted(name))) {
    const topic = await topicOfView(view)
    counts.push({ name: view.name, what: 'rows', count: topic === null ? 0 : await rowsOf(log, topic, signal) })
  }
  return counts
}

/** Reading topics keep every record, so their offsets count them. */
async function recordsOf(log: Log, topic: Topic): Promise<number> {
  let sum = 0
  for (let partition = 0; partition < topic.partitions; partition++) {
    const { start, end } = await log.bounds(topic, partition)
    sum += log.backend === 'kafka' ? await readRecords(log, topic, partition, end) : end - start
  }
  return sum
}

/** On Kafka the marks of transactions take offsets too, which only reading tells from records. */
async function readRecords(log: Log, topic: Topic, partition: number, end: number): Promise<number> {
  const reader = log.reader(topic, partition)
  let sum = 0
  try {
    while (reader.position < end) {
      const batch = await reader.next()
      if (batch === null) break
      sum += batch.count
    }
  } finally {
    await reader.close()
  }
  return sum
}

/** Keys whose latest record is no tombstone. */
async function rowsOf(log: Log, topic: Topic, signal: AbortSignal): Promise<number> {
  const keys = new SortedStore()
  try {
    for (let partition = 0; partition < topic.partitions; partition++) {
      const reader = log.reader(topic, partition)
      try {
        for (let batch = await reader.next(); batch !== null && !signal.aborted; batch = await reader.next()) {
          for (let i = 0; i < batch.count; i++)
            await keys.put(utf8.encode(keyText(batch, i)), valueBytes(batch, i) === null ? null : NOTHING)
        }
      } finally {
        await reader.close()
      }
    }
    let sum = 0
    for await (const page of keys.entries()) sum += page.length
    return sum
  } finally {
    await keys.close()
  }
}
