import { Option } from 'commander'
import type { ExportOptions } from './commands/export.ts'
import type { SqlOptions } from './commands/sql.ts'
import type { CliContext } from './context.ts'
import { type Declare, listItem, wholeNumberFrom } from './declare.ts'
import type { ReplayOptions } from './replay/choose-replay.ts'

const json = ['--json', 'print JSON for programs'] as const

/** `export`, `sql`, `why`, `stations` and `audit`: what the views say. */
export function declareViewCommands(declare: Declare, context: CliContext): void {
  declare(
    'export <view>',
    'Write the rows of a view, sorted by key, from the log. The same rows give the same bytes, in whatever order they came.',
    [
      'export daily_sensor_means --output means.csv',
      'export weather_hourly --station paris --from 2025-01-01 --to 2025-02-01',
      'export energies --output energies.parquet',
    ],
    (command) =>
      command
        .addOption(
          new Option('--format <format>', "how to write them (default: as the file's name says, else csv)").choices([
            'csv',
            'json',
            'parquet',
          ]),
        )
        .option('--station <id>', 'only this station (or zone)')
        .option('--from <time>', 'only rows from this day (2025-01-01), month (2025-01) or instant on')
        .option('--to <time>', 'only rows before this day, month or instant')
        .option('-o, --output <file>', 'write to a file, whole or not at all (default: stdout)'),
    async ([view], options) =>
      (await import('./commands/export.ts')).exportView(context, String(view), options as unknown as ExportOptions),
  )
  declare(
    'sql <statement>',
    'Run one SQL statement on the Postgres view, embedded or a server. Read-only unless --write is given.',
    [
      'sql "SELECT day, co_mean FROM daily_sensor_means ORDER BY day DESC LIMIT 7"',
      'sql "SELECT city, avg(temperature_mean) FROM weather_daily GROUP BY city" --format csv',
    ],
    (command) =>
      command
        .addOption(new Option('--format <format>', 'how to print rows').choices(['table', 'csv', 'json']).default('table'))
        .option('-n, --max <rows>', 'rows at most', wholeNumberFrom(1), 100_000)
        .option('--write', 'allow it to change something'),
    async ([statement], options) =>
      (await import('./commands/sql.ts')).sql(context, String(statement), options as unknown as SqlOptions),
  )
  declare(
    'replay [views...]',
    'Build views anew from the log beside those that serve, flip to them, and bring the stores up to them. What runs goes on meanwhile. Without a name: all views. Ended anywhere, each view is old or new, and the same command goes on.',
    [
      'replay',
      'replay weather_daily weather_monthly',
      'replay weather_daily --from 2025-03',
      'replay weather_daily --rollback',
      'replay --verify --output differences.csv',
      'replay weather_daily --as-of 2025-03-01T12:00Z',
    ],
    (command) =>
      command
        .option('--from <time>', 'only rows of this day (2025-01-01), month (2025-01) or instant on; the others stay as they are')
        .option(
          '--verify',
          'only compare them with their topics and every store, and change nothing; exit code 1 when a row differs',
        )
        .option(
          '--as-of <time>',
          'only show the rows as they were known then (by when readings were ingested) beside the present ones',
        )
        .option('-o, --output <file>', 'with --verify all differences, with --as-of all rows: *.csv, *.json or *.parquet')
        .option('--rollback', 'back to the rows before the last replay, brought up to date')
        .option(
          '--sinks <names>',
          'the stores to bring up: postgres, influxdb, cassandra, or none (default: as for run)',
          listItem,
        )
        .option(...json),
    async ([views], options) => {
      const [{ withTracing }, { chooseReplay }] = await Promise.all([import('./tracing.ts'), import('./replay/choose-replay.ts')])
      const names = (views ?? []) as readonly string[]
      return withTracing(context, 'replay', () => chooseReplay(context, names, options as unknown as ReplayOptions))
    },
  )
  declare(
    'why <view> <key...>',
    'Tell why a row is what it is, from the log alone: its window, its readings, and what became of each. The word latest stands for the newest time there is. Exit code 1 when there is no such row.',
    [
      'why weather_daily sim-paris latest',
      'why daily_sensor_means 283164601 2024-01-01',
      'why weather_hourly paris 2025-01-01T00:00:00Z --json',
    ],
    (command) => command.option(...json),
    async ([view, key], options) =>
      (await import('./commands/why.ts')).why(context, String(view), key as readonly string[], options),
  )
  declare(
    'stations',
    'List every station and zone with its place, cadence and range.',
    ['stations', 'stations --json'],
    (command) => command.option(...json),
    async (_, options) => (await import('./commands/stations.ts')).stations(context, options),
  )
  declare(
    'audit',
    'Show what became of every reading: accepted = current + superseded + stale + duplicate + too late + dead-lettered. Exit code 1 when it does not add up.',
    ['audit', 'audit --full', 'audit --json'],
    (command) => command.option('--full', 'count again from the log, by another way').option(...json),
    async (_, options) => (await import('./commands/audit.ts')).audit(context, options),
  )
}
