import { WindrowError } from '../../core/errors.ts'
import { afterPrefix } from '../../kv/bytes.ts'
import type { KeyValueStore } from '../../kv/port.ts'
import { resetViews } from '../../runtime/reset-views.ts'
import type { CliContext, ExitCode } from '../context.ts'
import { runnerOf } from '../runner-of.ts'
import { type Session, withSession } from '../session.ts'

export interface ResetOptions {
  readonly views?: boolean
  readonly state?: boolean
  readonly all?: boolean
  readonly yes?: boolean
}

type Extent = 'state' | 'views' | 'all'

const forgets: Readonly<Record<Extent, string>> = {
  state: 'the local state, which is read from the log again',
  views: 'all views, which are built anew; the readings stay',
  all: 'everything in the log, the readings too',
}

/** `windrow reset`: forgets the local state, the views or everything. Refused while a runner is at work. */
export async function reset(context: CliContext, options: ResetOptions): Promise<ExitCode> {
  const extent = extentOf(options)
  return withSession(context, async (session) => {
    if (!(await confirmed(context, options, forgets[extent]))) {
      await context.stderr.write('Nothing was changed.\n')
      return 1
    }
    await refuseWhileRunning(session)
    for (const topic of await deleteTopics(session, extent)) await context.stdout.write(`deleted ${topic}\n`)
    await clearTaskState(await session.state())
    const next = extent === 'all' ? 'The log is empty.' : 'The next `windrow run` or `windrow start` does the rest.'
    await context.stderr.write(`${next}\n`)
    return 0
  })
}

function extentOf(options: ResetOptions): Extent {
  const [extent, another] = (['state', 'views', 'all'] as const).filter((each) => options[each] === true)
  if (extent !== undefined && another === undefined) return extent
  throw new WindrowError('WR_USAGE', {
    message: 'What to reset was not said, or twice.',
    remedy: `Give one of ${Object.entries(forgets)
      .map(([name, what]) => `--${name} (forgets ${what})`)
      .join(', ')}.`,
    kind: 'usage',
  })
}

async function confirmed(context: CliContext, { yes }: ResetOptions, what: string): Promise<boolean> {
  if (yes === true) return true
  if (context.ask === null) {
    throw new WindrowError('WR_USAGE', {
      message: `This would forget ${what}, and there is nobody to ask.`,
      remedy: 'Add --yes.',
      kind: 'usage',
    })
  }
  return (await context.ask(`This forgets ${what}. Go on? [y/N] `)).trim().toLowerCase().startsWith('y')
}

async function refuseWhileRunning({ log, logStore, catalogue }: Session): Promise<void> {
  for (const event of catalogue.events) {
    const topic = await log.findTopic(catalogue.topicOf(event))
    for (let partition = 0; topic !== null && partition < topic.partitions; partition++) {
      const pid = runnerOf(logStore, topic, partition)
      if (pid === null) continue
      throw new WindrowError('WR_GROUP_ACTIVE', {
        message: `Process ${pid} is at work on ${topic.name}.`,
        remedy: 'Stop it (Ctrl-C, or kill with its pid), then reset.',
        kind: 'usage',
        facts: { pid, topic: topic.name },
      })
    }
  }
}

async function deleteTopics({ log, catalogue }: Session, extent: Extent): Promise<readonly string[]> {
  if (extent === 'state') return []
  const { deletedTopics } = await resetViews(
    log,
    catalogue.events.map((event) => catalogue.topicOf(event)),
  )
  if (extent === 'views') return deletedTopics
  const rest = (await log.topics()).map(({ name }) => name)
  for (const name of rest) await log.deleteTopic(name)
  return [...deletedTopics, ...rest]
}

const PAGE = 10_000

/** What tasks keep. Tables of producers stay: they name the topic they are of, so nothing else can take them for its own. */
async function clearTaskState(state: KeyValueStore): Promise<void> {
  const start = new TextEncoder().encode('state/')
  for (;;) {
    const keys = state.keys({ start, end: afterPrefix(start), limit: PAGE })
    if (keys.length === 0) return
    await state.batch(keys.map((key) => ({ key, value: null })))
  }
}
