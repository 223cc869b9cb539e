import { cassandraSettings } from './cassandra-settings.ts'
import { influxSettings } from './influx-settings.ts'
import { kafkaSettings } from './kafka-settings.ts'
import { lakeSettings } from './lake-settings.ts'
import { decimal, list, oneOf, type Setting, secret, text, url, wholeNumber } from './setting.ts'
import { sourceSettings } from './source-settings.ts'

const topicName = { pattern: '^[A-Za-z0-9._-]{1,200}$', expects: 'letters, digits, dots, dashes and underscores, at most 200' }
const lateness = (variable: string, kind: string): Setting<number | null> =>
  wholeNumber<number | null>(variable, {
    section: 'engine',
    fallback: null,
    minimum: 0,
    maximum: 52_560_000,
    doc: `Minutes that ${kind} reading may be behind its station's watermark. Unset: unlimited. With a limit, views depend on the order of arrival.`,
  })

/** Every setting of windrow. The order is that of the documentation. */
export const settings = {
  dataDir: text('WINDROW_DATA_DIR', {
    section: 'general',
    fallback: './data',
    doc: 'Folder of the embedded log, its caches and the embedded Postgres. Several processes may share it.',
  }),
  logLevel: oneOf('WINDROW_LOG_LEVEL', ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
    section: 'general',
    fallback: 'info',
    doc: 'How much is told on stderr. `debug` also prints the stack of an error.',
  }),
  modules: list('WINDROW_MODULES', {
    section: 'general',
    fallback: [],
    doc: 'Paths of modules of your own, separated by commas, each exporting `events`, `topologies` or both. Read from the folder windrow is started in.',
  }),

  partitions: wholeNumber('WINDROW_PARTITIONS', {
    section: 'log',
    fallback: 4,
    minimum: 1,
    maximum: 256,
    doc: 'Partitions of every topic that is made. A topic that exists keeps its number, and another one is refused.',
  }),
  weatherTopic: text('WINDROW_TOPIC_WEATHER', {
    section: 'log',
    fallback: 'weather.readings',
    doc: 'Topic of weather readings.',
    ...topicName,
  }),
  energyTopic: text('WINDROW_TOPIC_ENERGY', {
    section: 'log',
    fallback: 'energy.readings',
    doc: 'Topic of energy readings.',
    ...topicName,
  }),
  airTopic: text('WINDROW_TOPIC_AIR', {
    section: 'log',
    fallback: 'air.readings',
    doc: 'Topic of air-quality readings.',
    ...topicName,
  }),

  memoryMb: wholeNumber('WINDROW_MEMORY_MB', {
    section: 'engine',
    fallback: 256,
    minimum: 4,
    maximum: 1_048_576,
    doc: 'Mebibytes of readings that all tasks of a process keep in memory; the rest is on disk.',
  }),
  commitIntervalMs: wholeNumber('WINDROW_COMMIT_INTERVAL_MS', {
    section: 'engine',
    fallback: 100,
    minimum: 1,
    maximum: 60_000,
    doc: 'Milliseconds after which rows are committed at the latest while readings keep coming.',
  }),
  weatherLatenessMinutes: lateness('WINDROW_ALLOWED_LATENESS_WEATHER', 'a weather'),
  energyLatenessMinutes: lateness('WINDROW_ALLOWED_LATENESS_ENERGY', 'an energy'),
  airLatenessMinutes: lateness('WINDROW_ALLOWED_LATENESS_AIR', 'an air-quality'),

  replayWorkers: wholeNumber<number | null>('WINDROW_REPLAY_WORKERS', {
    section: 'engine',
    fallback: null,
    minimum: 1,
    maximum: 256,
    doc: 'Processes that `windrow replay` builds with, at most one a partition; they share WINDROW_MEMORY_MB. Unset: one a core, where more than a million readings are to be read.',
  }),
  keepGenerationsHours: decimal('WINDROW_KEEP_GENERATIONS_HOURS', {
    section: 'engine',
    fallback: 168,
    minimum: 0,
    maximum: 87_600,
    doc: 'Hours for which the rows that a replay has replaced are kept for `windrow replay --rollback`.',
  }),

  sinks: list('WINDROW_SINKS', {
    section: 'sinks',
    fallback: [],
    pattern: '^(postgres|influxdb|cassandra|lake|none)$',
    expects: 'any of postgres, influxdb, cassandra and lake, or none',
    doc: 'The stores that `start` and `run` write the views to, and the lake. Unset: Postgres, and each other one that has an address. `--sinks` says otherwise.',
  }),
  scrubHours: decimal('WINDROW_SCRUB_HOURS', {
    section: 'sinks',
    fallback: 24,
    minimum: 0.001,
    maximum: 8_760,
    doc: 'Hours after which a store that cannot refuse the late write of a process that has lost its right (InfluxDB) is compared whole with the views, and mended.',
  }),

  postgresUrl: secret(
    url('POSTGRES_URL', ['postgres', 'postgresql'], {
      section: 'postgres',
      fallback: null,
      doc: 'A PostgreSQL server (15 or newer) for the views; `?sslmode=verify-full`, with `&sslrootcert=FILE` where needed, for TLS. PgBouncer may be between. Unset: the embedded one, in the data folder.',
    }),
  ),
  postgresAdminUrl: secret(
    url('POSTGRES_ADMIN_URL', ['postgres', 'postgresql'], {
      section: 'postgres',
      fallback: null,
      doc: 'The same server and database as POSTGRES_URL, for `windrow access` and `windrow restore` alone: as a superuser, or a role with CREATEROLE that owns the tables. Unset: POSTGRES_URL.',
    }),
  ),
  postgresBackupUrl: secret(
    url('POSTGRES_BACKUP_URL', ['postgres', 'postgresql'], {
      section: 'postgres',
      fallback: null,
      doc: 'The same server and database as POSTGRES_URL, not through a pooler, for `windrow backup` alone: as user_backup, or a superuser. Unset: POSTGRES_ADMIN_URL, else POSTGRES_URL.',
    }),
  ),
  pgPort: wholeNumber<number | null>('WINDROW_PG_PORT', {
    section: 'postgres',
    fallback: null,
    minimum: 1,
    maximum: 65_535,
    doc: 'Port on which `start` and `run` let psql and BI tools reach the embedded Postgres, at 127.0.0.1 alone. Unset: none. Whoever reaches the port can read and write.',
  }),

  ...cassandraSettings,

  host: text('WINDROW_HOST', {
    section: 'server',
    fallback: '127.0.0.1',
    pattern: '^[A-Za-z0-9.:_-]+$',
    expects: 'a host name or an IP address',
    doc: 'Address at which the page and the API listen.',
  }),
  port: wholeNumber('WINDROW_PORT', {
    section: 'server',
    fallback: 8000,
    minimum: 0,
    maximum: 65_535,
    doc: 'Port of the page and the API. The next free one is taken, and printed, if it is in use. 0: any free one.',
  }),
  metricsPort: wholeNumber<number | null>('WINDROW_METRICS_PORT', {
    section: 'server',
    fallback: null,
    minimum: 0,
    maximum: 65_535,
    doc: 'Port at which `windrow run` and `windrow produce --continuous` serve /metrics and /health (docs/metrics.md), at WINDROW_HOST. 0: any free one, printed. One that is taken is refused. Unset: none. `start` and `serve` have both at WINDROW_PORT.',
  }),
  apiToken: secret(
    text<string | null>('WINDROW_API_TOKEN', {
      section: 'server',
      fallback: null,
      pattern: '^[\\x21-\\x7e]{16,}$',
      expects: 'at least 16 printable characters without blanks',
      doc: 'Token that a request must carry to change something (`Authorization: Bearer …`). Unset: such requests are refused.',
    }),
  ),

  ...influxSettings,

  ...lakeSettings,

  ...kafkaSettings,

  latitude: decimal('LAT', {
    section: 'places',
    fallback: 48.8566,
    minimum: -90,
    maximum: 90,
    doc: 'Degrees north of the place of interest: sources without a list of stations are asked about it, and the view `meteo` in Postgres is about the weather station nearest to it. The default is Paris.',
  }),
  longitude: decimal('LON', {
    section: 'places',
    fallback: 2.3522,
    minimum: -180,
    maximum: 180,
    doc: 'Degrees east of the place of interest.',
  }),

  ...sourceSettings,
} as const

export type SettingName = keyof typeof settings

type ValueOf<S> = S extends Setting<infer T> ? T : never

/** The checked values of all settings. */
export type SettingValues = { readonly [K in SettingName]: ValueOf<(typeof settings)[K]> }

/** All settings in the order of the documentation. */
export const allSettings: ReadonlyArray<readonly [SettingName, Setting<unknown>]> = Object.entries(settings) as Array<
  [SettingName, Setting<unknown>]
>
