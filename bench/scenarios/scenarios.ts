import type { Scenario } from './scenario.ts'

export interface ScenarioEntry {
  readonly name: string
  readonly title: string
  /** Runs only when it is named. */
  readonly onRequest: boolean
  /** It is stopped after so long. */
  readonly timeoutMs: number
  readonly load: () => Promise<Scenario>
}

const MINUTES = 60_000

/** Every scenario, in the order in which they run. */
export const scenarios: readonly ScenarioEntry[] = [
  {
    name: 'replay-air',
    title: 'All rows of air readings from a full log: 64 stations, hours and days, in about the order of time',
    onRequest: false,
    timeoutMs: 10 * MINUTES,
    load: async () => (await import('./replay.ts')).replayAir,
  },
  {
    name: 'replay-weather',
    title: 'All rows of weather readings from a full log: 1,000 stations, every column and view',
    onRequest: false,
    timeoutMs: 15 * MINUTES,
    load: async () => (await import('./replay.ts')).replayWeather,
  },
  {
    name: 'replay-shuffled',
    title: 'As replay-air, in an order that has nothing to do with time',
    onRequest: false,
    timeoutMs: 15 * MINUTES,
    load: async () => (await import('./replay.ts')).replayShuffled,
  },
  {
    name: 'append',
    title: 'Durable appends to the embedded log',
    onRequest: false,
    timeoutMs: 2 * MINUTES,
    load: async () => (await import('./append.ts')).append,
  },
  {
    name: 'latency',
    title: 'From a reading being due until its row can be read, at 1,000 readings a second',
    onRequest: false,
    timeoutMs: 5 * MINUTES,
    load: async () => (await import('./latency.ts')).latency,
  },
  {
    name: 'recovery',
    title: 'From the start of a process after kill -9 to its first row, with 1 M hourly windows of 10,000 stations',
    onRequest: false,
    timeoutMs: 10 * MINUTES,
    load: async () => (await import('./recovery.ts')).recovery,
  },
  {
    name: 'start',
    title: 'From `npm start` in an empty folder to the first row of the API',
    onRequest: false,
    timeoutMs: 5 * MINUTES,
    load: async () => (await import('./start.ts')).start,
  },
  {
    name: 'kafka',
    title: 'On Kafka, exactly once: a full log beside Kafka Streams and Flink, latency, rebuilding the state, two processes',
    onRequest: true,
    timeoutMs: 30 * MINUTES,
    load: async () => (await import('./kafka.ts')).kafka,
  },
  {
    name: 'kafka-latency',
    title: 'Of that, the latency alone, at 1,000 and at 10,000 readings a second',
    onRequest: true,
    timeoutMs: 10 * MINUTES,
    load: async () => (await import('./kafka.ts')).kafkaLatency,
  },
  {
    name: 'sinks',
    title: 'A view from the log into each real store, beside what the store takes from its plain client',
    onRequest: true,
    timeoutMs: 20 * MINUTES,
    load: async () => (await import('./sinks.ts')).sinks,
  },
  {
    name: 'sink-outages',
    title: 'All stores under load while each, and then all, are killed and stopped for a minute',
    onRequest: true,
    timeoutMs: 40 * MINUTES,
    load: async () => (await import('./sink-outages.ts')).sinkOutages,
  },
  {
    name: 'lake',
    title: 'Bronze and silver of a full log, in a folder and in a bucket of MinIO, beside DuckDB’s own COPY',
    onRequest: true,
    timeoutMs: 15 * MINUTES,
    load: async () => (await import('./lake.ts')).lake,
  },
  {
    name: 'audit',
    title: 'What audit triggers cost the sink that writes to PostgreSQL, and a person who changes many rows',
    onRequest: true,
    timeoutMs: 10 * MINUTES,
    load: async () => (await import('./audit.ts')).audit,
  },
  {
    name: 'install',
    title: '`npm ci`, with and without a compiler (packages come from the npm cache where it has them)',
    onRequest: true,
    timeoutMs: 30 * MINUTES,
    load: async () => (await import('./install.ts')).install,
  },
]
