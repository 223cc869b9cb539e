import { InvalidArgumentError, Option } from 'commander'
import type { ResetOptions } from './commands/reset.ts'
import type { SetupOptions } from './commands/setup.ts'
import type { CliContext } from './context.ts'
import { type Declare, listItem, numberWithin } from './declare.ts'

const json = ['--json', 'print JSON for programs'] as const

/** `setup`, `doctor`, `selftest`, `compact` and `reset`: what somebody does now and then. */
export function declareUpkeepCommands(declare: Declare, context: CliContext): void {
  declare(
    'setup',
    'Ask for the keys of sources and for places, and write them to .env, which only you can read; several places to windrow.config.json.',
    [
      'setup',
      'setup -k - < key.txt',
      'setup -k KEY --city Lyon --country FR --lat 45.764 --lon 4.8357',
      'setup --source open-meteo --place Paris,FR,48.8566,2.3522 --place Oslo,NO,59.9139,10.7522',
    ],
    (command) =>
      command
        .option('-i, --interactive', 'ask for everything (what is done without any other option)')
        .option('-k, --key <key>', 'key of OpenWeatherMap; - reads it from stdin, as it does for the other secrets')
        .option('--visual-crossing <key>', 'key of Visual Crossing')
        .option('--rte <id:secret>', "client id and secret of RTE's consumption API")
        .option('--rte-generation <id:secret>', "client id and secret of RTE's generation API")
        .addOption(
          new Option('--source <name>', 'source that needs no key, once or several times: open-meteo, airqino').argParser(
            keylessSource,
          ),
        )
        .option('--city <name>', 'city of the place')
        .option('--country <code>', 'its country, two capital letters', countryCode)
        .option('--lat <degrees>', 'degrees north', numberWithin(-90, 90))
        .option('--lon <degrees>', 'degrees east', numberWithin(-180, 180))
        .option('--place <place>', 'city,country,north,east; once or several times', (text: string, before: string[] = []) => [
          ...before,
          text,
        ]),
    async (_, options) => (await import('./commands/setup.ts')).setup(context, options as SetupOptions),
  )
  declare(
    'doctor',
    'Look at everything that can keep windrow from working: settings, each source (asked once), disk, locks, lag, freshness, the stores; on Kafka partitions and transactions. Exit code 1 when something needs a person.',
    ['doctor', 'doctor --offline', 'doctor --json'],
    (command) => command.option('--offline', 'ask no source').option(...json),
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

function keylessSource(text: string, before: readonly string[] = []): readonly string[] {
  const names = listItem(text, before)
  if (names.every((name) => name === 'open-meteo' || name === 'airqino')) return names
  throw new InvalidArgumentError('open-meteo and airqino need no key; the others are taken when their key is set.')
}

function countryCode(text: string): string {
  if (/^[A-Z]{2}$/.test(text)) return text
  throw new InvalidArgumentError('Two capital letters of ISO 3166, for instance FR.')
}
