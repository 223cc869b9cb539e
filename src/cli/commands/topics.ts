import { DEAD_LETTERS_TOPIC } from '../../events/dead-letter.ts'
import { VIEWS_CURRENT_TOPIC } from '../../views/views-current.ts'
import type { CliContext, ExitCode } from '../context.ts'
import { withSession } from '../session.ts'
import { renderTable } from '../table.ts'

type TopicRole = 'readings' | 'rows' | 'generations' | 'dead letters' | 'cursors' | 'other'

function roleOf(topic: string): TopicRole {
  if (topic === DEAD_LETTERS_TOPIC) return 'dead letters'
  if (topic === VIEWS_CURRENT_TOPIC) return 'generations'
  if (topic === 'producer.cursors') return 'cursors'
  return topic.startsWith('views.') ? 'rows' : 'other'
}

interface TopicFacts {
  readonly topic: string
  readonly role: TopicRole
  readonly partitions: number
  readonly cleanup: string
  readonly records: number
  readonly id: string
}

/** `windrow topics`: every topic with what it is for and how much is in it. */
export async function topics(context: CliContext, options: { readonly json?: boolean }): Promise<ExitCode> {
  return withSession(context, async ({ log, catalogue }) => {
    const readingTopics = new Set(catalogue.events.map((event) => catalogue.topicOf(event)))
    const facts: TopicFacts[] = []
    for (const topic of await log.topics()) {
      const bounds = await Promise.all(Array.from({ length: topic.partitions }, (_, partition) => log.bounds(topic, partition)))
      const records = bounds.reduce((sum, { start, end }) => sum + end - start, 0)
      facts.push({
        topic: topic.name,
        role: readingTopics.has(topic.name) ? 'readings' : roleOf(topic.name),
        partitions: topic.partitions,
        cleanup: topic.cleanup,
        records,
        id: topic.id,
      })
    }
    facts.sort((a, b) => (a.topic < b.topic ? -1 : 1))
    if (options.json === true) {
      await context.stdout.write(`${JSON.stringify(facts, null, 2)}\n`)
      return 0
    }
    const rows = facts.map((each) => [
      each.topic,
      each.role,
      String(each.partitions),
      each.cleanup,
      each.records.toLocaleString('en-US'),
    ])
    const columns = [
      { title: 'topic' },
      { title: 'holds' },
      { title: 'partitions', align: 'right' },
      { title: 'cleanup' },
      { title: 'offsets', align: 'right' },
    ] as const
    await context.stdout.write(rows.length === 0 ? '' : renderTable(columns, rows, context.stdout))
    if (rows.length === 0) await context.stderr.write('The log is empty.\n')
    return 0
  })
}
