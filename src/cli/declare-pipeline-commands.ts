import { type Command, Option } from 'commander'
import type { Role } from '../api/ports.ts'
import { sourceNames } from '../config/source-settings.ts'
import type { ProduceOptions } from './commands/produce.ts'
import type { RunOptions } from './commands/run.ts'
import type { CliContext, ExitCode } from './context.ts'
import { type Declare, listItem, numberWithin, wholeNumberFrom, wholeNumberWithin } from './declare.ts'
import type { StartProducingOptions } from './start-producing.ts'

const metricsPort = [
  '--metrics-port <port>',
  'serve /metrics and /health there (default: WINDROW_METRICS_PORT, for what goes on until it is stopped)',
  wholeNumberWithin(0, 65_535),
] as const

/** `start`, `produce`, `run` and `serve`: what moves readings. */
export function declarePipelineCommands(declare: Declare, context: CliContext): void {
  const tracedCommand = async (role: Role, run: () => Promise<ExitCode>): Promise<ExitCode> =>
    (await import('./tracing.ts')).withTracing(context, role, run)
  declare(
    'start',
    'Run all in one process: the sources (the simulator where none is configured), the topologies, the sinks and the page.',
    ['start', 'start --days 7', 'start --no-produce'],
    (command) =>
      command
        .option('--no-produce', 'publish nothing: other processes do')
        .option('--no-simulator', 'make nothing up where no source is configured')
        .option('--days <number>', 'how many days before today the simulator begins with (default: 90)', wholeNumberFrom(0))
        .option('--seed <number>', 'another seed is another simulated world (default: 1)', wholeNumberFrom(0)),
    (_, options) =>
      tracedCommand('start', async () =>
        (await import('./commands/start.ts')).start(context, options as unknown as StartProducingOptions),
      ),
  )
  declare(
    'produce',
    'Publish what sources say, as far as it is new or revised: the configured ones, or those that are named.',
    [
      'produce --source open-meteo --continuous',
      'produce --source rte-consumption --from 2024-01-01 --to 2025-01-01',
      'produce --continuous --at 06:30,18:30',
      'produce --source simulator --days 7',
      'produce --source file --file 283164601.json --format airqino',
      'produce --source file --file paris.csv --format meteostat --station paris --time-zone Europe/Paris --city Paris --country FR',
      'produce --source simulator --continuous --interval 60',
    ],
    (command) => sourceOptions(command),
    (_, options) =>
      tracedCommand('produce', async () =>
        (await import('./commands/produce.ts')).produce(context, options as unknown as ProduceOptions),
      ),
  )
  declare(
    'run',
    'Run the topologies and the sinks.',
    ['run', 'run --until-end', 'run --sinks postgres,cassandra', 'run --sinks influxdb --no-topologies'],
    (command) =>
      command
        .option(
          '--sinks <names>',
          'where the views go besides the log: postgres, influxdb, cassandra, lake (readings too), or none (default: WINDROW_SINKS, else those that have an address)',
          listItem,
        )
        .option('--no-topologies', 'the sinks alone: the topologies run in other processes')
        .option('--until-end', 'stop when all that was in the log at the start is in every sink')
        .option(...metricsPort),
    (_, options) =>
      tracedCommand('run', async () => (await import('./commands/run.ts')).run(context, options as unknown as RunOptions)),
  )
  declare(
    'serve',
    'Serve the page and the API alone, from views that other processes keep.',
    ['serve'],
    () => {},
    () => tracedCommand('serve', async () => (await import('./commands/serve.ts')).serve(context)),
  )
}

function sourceOptions(command: Command): void {
  command
    .option(
      '--source <name>',
      `where readings come from: ${[...sourceNames, 'file', 'simulator'].join(', ')}; several of the APIs at once (default: all that are configured)`,
      listItem,
    )
    .option('--continuous', 'poll again and again until Ctrl-C')
    .option(
      '--interval <seconds>',
      "from one poll to the next, longer where a quota wants it (default: the configuration's, else the source's own)",
      wholeNumberFrom(1),
    )
    .option('--at <times>', 'poll every day at these times, for instance 06:30,18:30', listItem)
    .option('--cron <expression>', 'poll at the times of a cron expression, for instance "5 * * * *"')
    .option(
      '--from <time>',
      'only readings from this day, month or instant on (days and months begin at 00:00 UTC); of an API: its history from then on',
    )
    .option('--to <time>', 'only readings before this day, month or instant (days and months begin at 00:00 UTC)')
    .option('--station <id>', 'station (or zone): those to take; of a file the one that it does not say', listItem)
    .option('--json', 'print what was published as JSON')
    .option('--or-simulator', 'the simulator, where no source is configured')
    .option(...metricsPort)
    .optionsGroup('Source file:')
    .option('--file <path>', 'CSV, JSON, JSON lines or Parquet')
    .addOption(
      new Option('--format <name>', 'its format (default: told from its beginning)').choices([
        'airqino',
        'eco2mix',
        'meteostat',
        'canonical',
      ]),
    )
    .option('--zone, --time-zone <name>', 'IANA time zone of the place, for instance Europe/Paris')
    .option('--timestamp-zone <name>', 'IANA time zone of times without an offset')
    .option('--latitude <degrees>', 'degrees north', numberWithin(-90, 90))
    .option('--longitude <degrees>', 'degrees east', numberWithin(-180, 180))
    .option('--city <name>', 'city of the place')
    .option('--country <code>', 'country of the place')
    .option('--cadence <minutes>', 'minutes from one reading to the next', wholeNumberFrom(1))
    .option('--kind <event>', 'what a canonical file holds: weather, energy, air or an event of yours')
    .addOption(new Option('--co-unit <unit>', "unit of an AirQino station's CO").choices(['mg/m3', 'ug/m3']))
    .optionsGroup('Source simulator:')
    .option('--seed <number>', 'another seed is another world (default: 1)', wholeNumberFrom(0))
    .option('--days <number>', 'how many days before today to begin with (default: 90)', wholeNumberFrom(0))
    .option('--speed <factor>', 'how many times as fast as the clock (default: 1)', numberWithin(0.001, 1_000_000))
}
