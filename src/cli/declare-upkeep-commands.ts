import type { ResetOptions } from './commands/reset.ts'
import type { CliContext } from './context.ts'
import type { Declare } from './declare.ts'

const json = ['--json', 'print JSON for programs'] as const

/** `compact` and `reset`: what somebody does now and then. */
export function declareUpkeepCommands(declare: Declare, context: CliContext): void {
  declare(
    'compact [topics...]',
    'Rewrite compacted topics so that superseded rows and old tombstones are gone; the readings are never touched.',
    ['compact', 'compact views.weather_hourly.g1'],
    (command) => command.option(...json),
    async ([topics], options) => (await import('./commands/compact.ts')).compact(context, topics as readonly string[], options),
  )
  declare(
    'reset',
    'Forget the views, which are then built anew from the log, or everything.',
    ['reset --views', 'reset --all --yes'],
    (command) =>
      command
        .option('--views', 'all views and how far they have come; the readings stay')
        .option('--all', 'everything in the log, the readings too')
        .option('-y, --yes', 'do not ask'),
    async (_, options) => (await import('./commands/reset.ts')).reset(context, options as ResetOptions),
  )
}
