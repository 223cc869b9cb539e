import { decimal, list, oneOf, type Setting, secret, text, url, wholeNumber } from './setting.ts'

const topicName = { pattern: '^[A-Za-z0-9._-]{1,200}$', expects: 'letters, digits, dots, dashes and underscores, at most 200' }
const lateness = (variable: string, kind: string): Setting<number | null> =>
  wholeNumber<number | null>(variable, {
    section: 'engine',
    fallback: null,
    minimum: 0,
    maximum: 52_560_000,
    doc: `Minutes that ${kind} reading may be behind its station's watermark. Unset: unlimited. With a limit, views depend on the order of arrival.`,
  })
const later = (doc: string) => ({ section: 'later', fallback: null, doc }) as const

/** Every setting of windrow. Those of Kafka have the names of librdkafka's settings. The order is that of the documentation. */
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

  postgresUrl: secret(
    url('POSTGRES_URL', ['postgres', 'postgresql'], {
      section: 'postgres',
      fallback: null,
      doc: 'A PostgreSQL server for the views. Unset: the embedded one, in the data folder.',
    }),
  ),
  pgPort: wholeNumber<number | null>('WINDROW_PG_PORT', {
    section: 'postgres',
    fallback: null,
    minimum: 1,
    maximum: 65_535,
    doc: 'Port on which `start` and `run` let psql and BI tools reach the embedded Postgres, at 127.0.0.1 alone. Unset: none. Whoever reaches the port can read and write.',
  }),

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
  apiToken: secret(
    text<string | null>('WINDROW_API_TOKEN', {
      section: 'server',
      fallback: null,
      pattern: '^[\\x21-\\x7e]{16,}$',
      expects: 'at least 16 printable characters without blanks',
      doc: 'Token that a request must carry to change something (`Authorization: Bearer …`). Unset: such requests are refused.',
    }),
  ),

  kafkaBrokers: list('KAFKA_BROKERS', {
    section: 'kafka',
    fallback: [],
    pattern: '^[^\\s:]+:\\d{1,5}$',
    expects: 'host:port, several separated by commas',
    doc: 'Some brokers of Apache Kafka (3.1 or later); the others are found through them. Unset: the embedded log, in the data folder.',
  }),
  schemaRegistryUrl: secret(
    url('SCHEMA_REGISTRY_URL', ['http', 'https'], {
      section: 'kafka',
      fallback: null,
      doc: 'A Confluent-compatible schema registry, with user and password in the address where it wants them. Unset: schemas are kept in the topic `windrow.schemas`. Needs `KAFKA_BROKERS`.',
    }),
  ),
  kafkaSecurityProtocol: text<string | null>('KAFKA_SECURITY_PROTOCOL', {
    section: 'kafka',
    fallback: null,
    pattern: '^(?:plaintext|ssl|sasl_plaintext|sasl_ssl|PLAINTEXT|SSL|SASL_PLAINTEXT|SASL_SSL)$',
    expects: 'plaintext, ssl, sasl_plaintext or sasl_ssl',
    doc: 'How to talk to the brokers (`security.protocol`). Unset: plaintext.',
  }),
  kafkaSaslMechanism: oneOf('KAFKA_SASL_MECHANISM', ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'], {
    section: 'kafka',
    fallback: 'PLAIN',
    doc: 'How to sign in where the protocol has SASL (`sasl.mechanism`).',
  }),
  kafkaSaslUsername: text<string | null>('KAFKA_SASL_USERNAME', {
    section: 'kafka',
    fallback: null,
    doc: 'Who signs in (`sasl.username`).',
  }),
  kafkaSaslPassphrase: secret(
    text<string | null>('KAFKA_SASL_PASSWORD', {
      section: 'kafka',
      fallback: null,
      doc: 'With which password (`sasl.password`).',
    }),
  ),
  kafkaSslCaLocation: text<string | null>('KAFKA_SSL_CA_LOCATION', {
    section: 'kafka',
    fallback: null,
    doc: "PEM file of the authorities that may have signed the brokers' certificates (`ssl.ca.location`). Unset: those that Node.js knows.",
  }),
  kafkaSslCertificateLocation: text<string | null>('KAFKA_SSL_CERTIFICATE_LOCATION', {
    section: 'kafka',
    fallback: null,
    doc: "PEM file of this client's certificate (`ssl.certificate.location`).",
  }),
  kafkaSslKeyLocation: text<string | null>('KAFKA_SSL_KEY_LOCATION', {
    section: 'kafka',
    fallback: null,
    doc: 'PEM file of its key (`ssl.key.location`).',
  }),
  kafkaSslKeyPassphrase: secret(
    text<string | null>('KAFKA_SSL_KEY_PASSWORD', {
      section: 'kafka',
      fallback: null,
      doc: 'Password of that key (`ssl.key.password`).',
    }),
  ),
  kafkaSslVerification: oneOf('KAFKA_ENABLE_SSL_CERTIFICATE_VERIFICATION', ['true', 'false'], {
    section: 'kafka',
    fallback: 'true',
    doc: "Whether brokers' certificates are checked (`enable.ssl.certificate.verification`). Off, whoever is on the way can read and change everything.",
  }),
  kafkaSessionTimeoutMs: wholeNumber('KAFKA_SESSION_TIMEOUT_MS', {
    section: 'kafka',
    fallback: 10_000,
    minimum: 6_000,
    maximum: 300_000,
    doc: 'Milliseconds after which a process that shows no sign of life loses its partitions to the others (`session.timeout.ms`).',
  }),
  kafkaReplicationFactor: wholeNumber<number | null>('KAFKA_REPLICATION_FACTOR', {
    section: 'kafka',
    fallback: null,
    minimum: 1,
    maximum: 32_767,
    doc: "Copies of each partition of topics that are made. Unset: the brokers' `default.replication.factor`.",
  }),

  latitude: decimal('LAT', {
    section: 'places',
    fallback: 48.8566,
    minimum: -90,
    maximum: 90,
    doc: 'Degrees north of the place of interest. The default is Paris.',
  }),
  longitude: decimal('LON', {
    section: 'places',
    fallback: 2.3522,
    minimum: -180,
    maximum: 180,
    doc: 'Degrees east of the place of interest.',
  }),

  influxUrl: url('INFLUX_URL', ['http', 'https'], later('An InfluxDB 2 server.')),
  influxToken: secret(text<string | null>('INFLUX_TOKEN', later('Its token.'))),
  influxOrg: text<string | null>('INFLUX_ORG', later('Its organisation.')),
  influxBucket: text('INFLUX_BUCKET', { section: 'later', fallback: 'windrow', doc: 'Its bucket of views.' }),
  cassandraContactPoints: list('CASSANDRA_CONTACT_POINTS', {
    section: 'later',
    fallback: [],
    pattern: '^[^\\s,]+$',
    expects: 'hosts separated by commas',
    doc: 'Nodes of an Apache Cassandra cluster.',
  }),
  cassandraLocalDc: text<string | null>('CASSANDRA_LOCAL_DC', later('Its data centre nearest to here.')),
  cassandraKeyspace: text('CASSANDRA_KEYSPACE', {
    section: 'later',
    fallback: 'windrow',
    pattern: '^[a-z][a-z0-9_]{0,47}$',
    expects: 'small letters, digits and underscores, at most 48',
    doc: 'Its keyspace.',
  }),
  meteoApiKey: secret(text<string | null>('METEO_API_KEY', later('Key of OpenWeatherMap.'))),
  visualCrossingApiKey: secret(text<string | null>('VISUAL_CROSSING_API_KEY', later('Key of Visual Crossing.'))),
  rteClientId: text<string | null>('RTE_CLIENT_ID', later("Client id of RTE's consumption API.")),
  rteClientSecret: secret(text<string | null>('RTE_CLIENT_SECRET', later('Its secret.'))),
  rteClientId2: text<string | null>('RTE_CLIENT_ID_2', later("Client id of RTE's generation API.")),
  rteClientSecret2: secret(text<string | null>('RTE_CLIENT_SECRET_2', later('Its secret.'))),
} as const

export type SettingName = keyof typeof settings

type ValueOf<S> = S extends Setting<infer T> ? T : never

/** The checked values of all settings. */
export type SettingValues = { readonly [K in SettingName]: ValueOf<(typeof settings)[K]> }

/** All settings in the order of the documentation. */
export const allSettings: ReadonlyArray<readonly [SettingName, Setting<unknown>]> = Object.entries(settings) as Array<
  [SettingName, Setting<unknown>]
>
