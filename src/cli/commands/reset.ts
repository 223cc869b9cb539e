import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../../config/load-config.ts'
import { systemClock } from '../../core/clock.ts'
import { WindrowError } from '../../core/errors.ts'
import { DEAD_LETTERS_TOPIC } from '../../events/dead-letter.ts'
import { afterPrefix } from '../../kv/bytes.ts'
import type { KeyValueStore } from '../../kv/port.ts'
import { CURSORS_TOPIC } from '../../producers/cursors.ts'
import { withoutReplays } from '../../runtime/replay/replay-record.ts'
import { resetViews } from '../../runtime/reset-views.ts'
import { emptyViews } from '../../sinks/postgres/stored-views.ts'
import type { CliContext, ExitCode } from '../context.ts'
import { createLogger } from '../logger.ts'
import { type RunnerOfTopic, runnersOf } from '../runner-of.ts'
import { type Session, withSession } from '../session.ts'
import { openViewsSql } from '../views-postgres.ts'

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
  all: 'everything in the log, the readings too, and the rows in the embedded Postgres',
}

/** `windrow reset`: forgets the local state, the views or everything (of Postgres the embedded one only). Refused while a runner or a replay is at work. */
export async function reset(context: CliContext, options: ResetOptions): Promise<ExitCode> {
  const extent = extentOf(options)
  return withSession(context, async (session) => {
    if (!(await confirmed(context, options, forgets[extent]))) {
      await context.stderr.write('Nothing was changed.\n')
      return 1
    }
    await refuseWhileRunning(session, extent, context)
    await withoutReplays(session.log, async () => {
      if (extent === 'all') await emptyEmbeddedPostgres(session, context)
      for (const topic of await deleteTopics(session, extent)) await context.stdout.write(`deleted ${topic}\n`)
      await clearTaskState(await session.state())
    })
    await context.stderr.write(`${left(extent, session.config)}\n`)
    return 0
  })
}

/** Before the log: should it fail, nothing was done. */
async function emptyEmbeddedPostgres({ config }: Session, context: CliContext): Promise<void> {
  if (config.postgresUrl !== null || !existsSync(join(config.dataDir, 'postgres'))) return
  const sql = openViewsSql(config, createLogger(config, context.stderr))
  try {
    await emptyViews(sql)
  } finally {
    await sql.close()
  }
}

/** What is left to do, and what has its old rows until then. */
function left(extent: Extent, { postgresUrl }: Config): string {
  const next = 'the next `windrow run` or `windrow start`'
  if (extent === 'state') return `${capital(next)} reads the log again.`
  if (extent === 'views')
    return `${capital(next)} builds them anew; until then Postgres, and with it the page and \`windrow sql\`, has the old rows.`
  if (postgresUrl === null) return 'The log and the embedded Postgres are empty.'
  return `The log is empty. The Postgres server still has the old rows: ${next} with this POSTGRES_URL takes them away.`
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

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

const LOOK_MS = 200

/**
 * Refuses while a runner lives. One that died keeps its place in Kafka's group until its session ends, which is waited for; one
 * elsewhere has local state of its own, so that ours can go.
 */
async function refuseWhileRunning(session: Session, extent: Extent, context: CliContext): Promise<void> {
  const deadline = systemClock.monotonic() + session.config.kafkaSessionTimeoutMs + 2_000
  for (;;) {
    const runners = await runnersOf(session)
    const others = runners.filter(({ where }) => extent === 'state' && where === 'elsewhere')
    const alive = runners.find((runner) => runner.where !== 'gone' && !others.includes(runner))
    if (alive !== undefined) throw atWork(alive)
    const dead = runners.find(({ where }) => where === 'gone')
    if (extent === 'state' || dead === undefined) {
      for (const { name, topic } of others)
        await context.stderr.write(`${capital(name)} is at work on ${topic.name}; the state that it keeps there stays.\n`)
      return
    }
    if (systemClock.monotonic() > deadline) throw atWork(dead)
    await systemClock.sleep(LOOK_MS, context.signal)
    context.signal.throwIfAborted()
  }
}

function atWork({ pid, name, where, topic }: RunnerOfTopic): WindrowError {
  const isGone = where === 'gone'
  return new WindrowError('WR_GROUP_ACTIVE', {
    message: isGone
      ? `${capital(name)} has died, but Kafka still counts it as at work on ${topic.name}.`
      : `${capital(name)} is at work on ${topic.name}.`,
    remedy: isGone
      ? 'Wait until its session ends (KAFKA_SESSION_TIMEOUT_MS), then reset.'
      : 'Stop it (Ctrl-C, or kill with its pid), then reset.',
    kind: 'usage',
    facts: { pid, topic: topic.name },
  })
}

async function deleteTopics({ log, catalogue }: Session, extent: Extent): Promise<readonly string[]> {
  if (extent === 'state') return []
  const { deletedTopics } = await resetViews(
    log,
    catalogue.events.map((event) => catalogue.topicOf(event)),
  )
  if (extent === 'views') return deletedTopics
  const names = (await log.topics()).map(({ name }) => name)
  const ours = new Set([...catalogue.events.map((event) => catalogue.topicOf(event)), DEAD_LETTERS_TOPIC, CURSORS_TOPIC])
  // A cluster has topics of others too.
  const rest = log.backend === 'kafka' ? names.filter((name) => ours.has(name)) : names
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
