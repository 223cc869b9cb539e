import type { CliContext } from './context.ts'
import { type Declare, wholeNumberFrom } from './declare.ts'

const json = ['--json', 'print JSON for programs'] as const

/** `topics`, `tail`, `count` and `dlq`: what is in the log. */
export function declareLogCommands(declare: Declare, context: CliContext): void {
  declare(
    'topics',
    'List the topics of the log.',
    ['topics', 'topics --json'],
    (command) => command.option(...json),
    async (_, options) => (await import('./commands/topics.ts')).topics(context, options),
  )
  declare(
    'tail <topic>',
    'Print records of a topic as JSON lines, the last ones unless told otherwise.',
    ['tail air.readings', 'tail views.daily_sensor_means.g1 --follow', 'tail weather.readings --from-start --max 100'],
    (command) =>
      command
        .option('-n, --max <number>', 'how many records at most (default: the last 10)', wholeNumberFrom(1))
        .option('-f, --follow', 'go on with records that come, until --max or Ctrl-C')
        .option('--from-start', 'begin with the oldest'),
    async ([topic], options) => (await import('./commands/tail.ts')).tail(context, String(topic), options),
  )
  declare(
    'count [names...]',
    'Count the readings of topics and the rows of views.',
    ['count', 'count air.readings daily_sensor_means --json'],
    (command) => command.option(...json),
    async ([names], options) => (await import('./commands/count.ts')).count(context, names as readonly string[], options),
  )
  declareDeadLetters(declare, context)
}

function declareDeadLetters(declare: Declare, context: CliContext): void {
  declare(
    'dlq list',
    'List what could not be used, newest first.',
    ['dlq list', 'dlq list --max 5 --json'],
    (command) => command.option('-n, --max <number>', 'how many at most', wholeNumberFrom(1), 50).option(...json),
    async (_, options) => (await import('./commands/dead-letters.ts')).dlqList(context, options as { readonly max: number }),
  )
  declare(
    'dlq show <id>',
    'Show a dead letter: where it came from, why, what to do, and its bytes.',
    [`dlq show '["log","…",0,17]'`],
    (command) => command.option(...json),
    async ([id], options) => (await import('./commands/dead-letters.ts')).dlqShow(context, String(id), options),
  )
  declare(
    'dlq retry [ids...]',
    'Publish again what dead letters were made from; exit code 1 when some are still refused.',
    ['dlq retry --code TOO_LATE', 'dlq retry --all'],
    (command) =>
      command
        .option('--code <code>', 'those of this code')
        .option('--all', 'all of them')
        .option(...json),
    async ([ids], options) => (await import('./commands/dead-letters.ts')).dlqRetry(context, ids as readonly string[], options),
  )
}
