import type { ResetOptions } from './commands/reset.ts'
import type { CliContext } from './context.ts'
import type { Declare } from './declare.ts'

const json = ['--json', 'print JSON for programs'] as const

/** `doctor`, `selftest`, `compact` and `reset`: what somebody does now and then. */
export function declareUpkeepCommands(declare: Declare, context: CliContext): void {
  declare(
    'doctor',
    'Look at everything that can keep windrow from working: settings, disk, locks, lag, freshness, the stores; on Kafka partitions and transactions. Exit code 1 when something needs a person.',
    ['doctor', 'doctor --json'],
    (command) => command.option(...json),
    async (_, options) => (await import('./commands/doctor.ts')).doctor(context, options),
  )
  declare(
    'selftest',
    'Try everything in a temporary folder: publish, process, write to Postgres, export, and compare. Exit code 1 when something differs.',
    ['selftest'],
    () => {},
    async () => (await import('./commands/selftest.ts')).selftest(context),
  )
  declare(
    'compact [topics...]',
    'Rewrite compacted topics so that superseded rows and old tombstones are gone; the readings are never touched.',
    ['compact', 'compact views.weather_hourly.g1'],
    (command) => command.option(...json),
    async ([topics], options) => (await import('./commands/compact.ts')).compact(context, topics as readonly string[], options),
  )
  declare(
    'reset',
    'Forget the views, which are then built anew from the log; or the local state; or everything.',
    ['reset --views', 'reset --all --yes'],
    (command) =>
      command
        .option('--views', 'all views and how far they have come; the readings stay')
        .option('--state', 'the local state alone, which is a cache of the log')
        .option('--all', 'everything in the log and in the embedded Postgres, the readings too')
        .option('-y, --yes', 'do not ask'),
    async (_, options) => (await import('./commands/reset.ts')).reset(context, options as ResetOptions),
  )
}
