import { WindrowError } from '../../core/errors.ts'
import type { Log, Topic } from '../../log/port.ts'
import type { CliContext, ExitCode } from '../context.ts'
import { type Session, withSession } from '../session.ts'
import { renderTable } from '../table.ts'
import { topicNamed } from '../topic-named.ts'

/** `windrow compact`: rewrites compacted topics so that superseded records and old tombstones are gone. Readings are never touched. */
export async function compact(
  context: CliContext,
  names: readonly string[],
  options: { readonly json?: boolean },
): Promise<ExitCode> {
  return withSession(context, async (session) => {
    const done: Array<{ readonly topic: string; readonly before: number; readonly after: number }> = []
    for (const topic of await chosen(session, names)) {
      if (context.signal.aborted) return 3
      const compacted = await ifStillThere(session.log, topic, () => session.log.compact(topic))
      if (compacted !== null) done.push({ topic: topic.name, ...compacted })
    }
    if (options.json === true) {
      await context.stdout.write(`${JSON.stringify(done, null, 2)}\n`)
      return 0
    }
    const columns = [{ title: 'topic' }, { title: 'before', align: 'right' }, { title: 'after', align: 'right' }] as const
    const rows = done.map(({ topic, before, after }) => [topic, before.toLocaleString('en-US'), after.toLocaleString('en-US')])
    if (rows.length === 0) await context.stderr.write('There is no compacted topic yet.\n')
    else await context.stdout.write(renderTable(columns, rows, context.stdout))
    return 0
  })
}

/** A replay may delete a generation at any time: there is nothing left to be done then. */
async function ifStillThere<T>(log: Log, topic: Topic, action: () => Promise<T>): Promise<T | null> {
  try {
    return await action()
  } catch (error) {
    if ((await log.findTopic(topic.name))?.id === topic.id) throw error
    return null
  }
}

async function chosen({ log }: Session, names: readonly string[]): Promise<readonly Topic[]> {
  if (names.length === 0) return (await log.topics()).filter(({ cleanup }) => cleanup === 'compact')
  const topics = await Promise.all(names.map((name) => topicNamed(log, name)))
  const kept = topics.find(({ cleanup }) => cleanup === 'keep')
  if (kept === undefined) return topics
  throw new WindrowError('WR_USAGE', {
    message: `${kept.name} keeps every record for ever: it cannot be compacted.`,
    remedy: 'Name topics of views, or none for all that are compacted (`windrow topics` tells).',
    kind: 'usage',
    facts: { topic: kept.name },
  })
}
