import type { LakeOptions } from './commands/lake.ts'
import type { CliContext, ExitCode } from './context.ts'
import { type Declare, listItem, wholeNumberWithin } from './declare.ts'

const json = ['--json', 'print JSON for programs'] as const

/** `lake` and `lake status`: Parquet files in a folder or a bucket. */
export function declareLakeCommands(declare: Declare, context: CliContext): void {
  const tracedCommand = async (run: () => Promise<ExitCode>): Promise<ExitCode> =>
    (await import('./tracing.ts')).withTracing(context, 'run', run)
  declare(
    'lake',
    'Write readings and views as Parquet files to LAKE_URL, a folder or a bucket. Of several processes that do so for one lake, `start` and `run` among them, the others wait.',
    ['lake', 'lake --until-end', 'lake --layers gold --until-end', 'lake --keep 30d', 'lake status'],
    (command) =>
      command
        // `--json` after `status` is that of `status`.
        .enablePositionalOptions()
        .option('--until-end', 'stop when all that was in the log at the start is in the lake')
        .option('--layers <names>', 'bronze, silver, gold (default: WINDROW_LAKE_LAYERS, all of them)', listItem)
        .option(
          '--keep <days>',
          'delete files of bronze whose day is over for so long, for instance 30d (default: WINDROW_LAKE_KEEP)',
        )
        .option(
          '--metrics-port <port>',
          'serve /metrics and /health there (default: WINDROW_METRICS_PORT, for what goes on until it is stopped)',
          wholeNumberWithin(0, 65_535),
        )
        .option('--json', 'print what was written as JSON when it ends'),
    (_, options) => tracedCommand(async () => (await import('./commands/lake.ts')).lake(context, options as LakeOptions)),
  )
  declare(
    'lake status',
    'Tell what is in the lake: layers, topics and views with their days, files and size, and how far they are behind the log.',
    ['lake status', 'lake status --json'],
    (command) => command.option(...json),
    async (_, options) => (await import('./commands/lake-status.ts')).lakeStatus(context, options),
  )
}
