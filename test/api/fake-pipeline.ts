import type { DeadLetterInfo, HealthReport, Ledger, ReplayInfo, SchemaRegistryReader, TopicHealth } from '../../src/api/ports.ts'
import type { Cell } from '../../src/views/view.ts'

const MINUTE_MS = 60_000

function ledger(accepted: number, deadLettered: number): Ledger {
  const superseded = Math.floor(accepted * 0.012)
  const stale = Math.floor(accepted * 0.001)
  const duplicate = Math.floor(accepted * 0.009)
  return {
    accepted,
    current: accepted - superseded - stale - duplicate - deadLettered,
    superseded,
    stale,
    duplicate,
    tooLate: 0,
    deadLettered,
  }
}

/** A pipeline that is well: every ledger adds up, nothing waits. */
export function fakeHealth(now: number, tables: ReadonlyMap<string, ReadonlyMap<string, readonly Cell[]>>): HealthReport {
  const size = (name: string): number => tables.get(name)?.size ?? 0
  const topic = (kind: string, accepted: number, deadLettered: number): TopicHealth => ({
    topic: `${kind}.readings`,
    kind,
    partitions: 1,
    ledger: ledger(accepted, deadLettered),
    lastEventAt: now - 15 * MINUTE_MS,
    lastAppendAt: now - 4_000,
  })
  const topics = [
    topic('weather', size('weather_hourly'), 0),
    topic('energy', size('energies') * 2, 0),
    topic('air', size('air_hourly'), 2),
  ]
  const stored = [...tables.keys()].filter((name) => name !== 'stations')
  return {
    role: 'start',
    at: now,
    version: '0.1.0',
    startedAt: now - 3 * 3_600_000,
    backend: 'embedded',
    ready: true,
    problems: [],
    topics,
    tasks: topics.map((each, index) => ({
      topic: each.topic,
      partition: 0,
      isOwn: true,
      state: 'running',
      recovered: null,
      committedOffset: each.ledger.accepted,
      endOffset: each.ledger.accepted,
      lastEventAt: each.lastEventAt,
      lastAppendAt: each.lastAppendAt,
      lastCommitAt: now - 3_500,
      stateBytes: 4_200_000 + index * 900_000,
      stateBudgetBytes: 268_435_456,
      problem: null,
    })),
    sinks: stored.map((view) => ({
      sink: 'postgres',
      view,
      isOwn: true,
      state: 'running',
      lag: 0,
      rowsWritten: 1_200,
      rowsPerSecond: 2.5,
      retries: 1,
      deadLettered: 0,
      lastWriteAt: now - 3_000,
      problem: null,
      lastError: { code: 'WR_SQL_AWAY', message: 'Postgres does not answer', at: now - 600_000 },
    })),
    sources: [
      {
        source: 'simulator',
        name: 'simulator',
        station: null,
        stations: 5,
        state: 'running',
        intervalSeconds: 60,
        lastTryAt: now - 4_000,
        lastSuccessAt: now - 4_000,
        lastEventAt: now - 4_000,
        published: size('weather_hourly') + size('energies') * 2 + size('air_hourly'),
        deadLettered: 2,
        polls: 240,
        failures: 1,
        staleAfterMs: null,
        problem: null,
      },
    ],
    replays: fakeReplays(now),
    disk: { freeBytes: 12_000_000_000, sizeBytes: 40_000_000_000 },
    stations: {
      kinds: [{ kind: 'weather', stations: 2, lastReadingAt: now - 15 * MINUTE_MS }],
      silent: [
        { kind: 'weather', stationId: 'oslo', watermarkAt: now - 300 * MINUTE_MS, intervalSeconds: 3_600 },
        { kind: 'weather', stationId: 'paris', watermarkAt: now - 5 * MINUTE_MS, intervalSeconds: 600 },
      ],
      quality: [
        { kind: 'weather', stationId: 'oslo', score: 61.5, completeness: 0.4, timeliness: 0.8 },
        { kind: 'weather', stationId: 'paris', score: 100, completeness: 1, timeliness: null },
      ],
    },
  }
}

/** One is building, one was cut short, one is done and one has failed. */
export function fakeReplays(now: number): ReplayInfo[] {
  const common = {
    generation: 2,
    from: null,
    rollback: false,
    toRead: 1_204_000,
    host: 'fog',
    pid: 4711,
    error: null,
    errorCode: null,
    remedy: null,
    stale: false,
  }
  return [
    {
      ...common,
      id: 'd1',
      view: 'air_hourly',
      state: 'failed',
      read: 300_000,
      startedAt: now - 900_000,
      updatedAt: now - 890_000,
      error: 'The disk that holds the data folder is full: 12 MB are left of 40 GB, and windrow keeps 64 MB free.',
      errorCode: 'WR_DISK_FULL',
      remedy: 'Make room on the disk.',
    },
    {
      ...common,
      id: 'a1',
      view: 'daily_energy_summary',
      state: 'done',
      generation: 4,
      read: 1_204_000,
      startedAt: now - 7_200_000,
      updatedAt: now - 7_193_000,
    },
    { ...common, id: 'b1', view: 'weather_daily', state: 'building', read: 505_680, startedAt: now - 2_000, updatedAt: now },
    {
      ...common,
      id: 'c1',
      view: 'weather_hourly',
      state: 'handover',
      read: 1_203_000,
      startedAt: now - 300_000,
      updatedAt: now - 240_000,
      stale: true,
    },
  ]
}

export function fakeDeadLetters(now: number): DeadLetterInfo[] {
  return [
    {
      id: '["source","airqino","283164601","9c1185a5c5e9fc54"]',
      origin: 'source',
      where: 'airqino 283164601, line 1 204',
      input: '283164601.json',
      code: 'WR_READING_NUMBER',
      message: 'The field PM2.5 is "NaN", which is no number.',
      remedy: 'Correct the file at that line, or leave the field empty when it was not measured, and produce it again.',
      recordedAt: now - 42 * MINUTE_MS,
      size: 148,
      preview: '{"timestamp":"2026-03-29 04:00:00","CO":0.31,"PM2.5":"NaN"}',
    },
    {
      id: '["log","b1946ac92492d2347c6235b4d2611184",0,1204]',
      origin: 'log',
      where: 'air.readings 0@1204',
      input: null,
      code: 'WR_READING_FUTURE',
      message: 'The reading is of 2099-01-01T00:00:00Z, more than 24 hours after it was published.',
      remedy: 'Set the clock of the sensor, then publish the reading again.',
      recordedAt: now - 3 * 60 * MINUTE_MS,
      size: 96,
      preview: null,
    },
  ]
}

const schemas = [
  {
    id: 1,
    subject: 'air.readings-value',
    version: 1,
    schema: '{"type":"record","name":"AirReading","fields":[{"name":"co","type":"double"}]}',
  },
  {
    id: 4,
    subject: 'air.readings-value',
    version: 2,
    schema: '{"type":"record","name":"AirReading","fields":[{"name":"co","type":["null","double"]}]}',
  },
  { id: 2, subject: 'weather.readings-value', version: 1, schema: '{"type":"record","name":"WeatherReading","fields":[]}' },
]

export const fakeSchemas: SchemaRegistryReader = {
  schemaById: async (id) => schemas.find((schema) => schema.id === id)?.schema ?? null,
  versions: async (subject) => schemas.filter((schema) => schema.subject === subject),
  subjects: async () => [...new Set(schemas.map(({ subject }) => subject))],
}
