import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { hasMinio, startMinio } from '../../scripts/services/minio.js'
import { type Figure, figureOfRounds, missingFigure } from '../report/figure.ts'
import type { WriteLakeResult } from '../steps/write-lake.ts'
import type { WorkloadSpec } from '../workloads/workload.ts'
import type { Scenario, ScenarioContext } from './scenario.ts'

/** Six weeks of 1,000 stations, a reading every hour, 1 % repeated. */
const weather: WorkloadSpec = {
  kind: 'weather',
  readings: 1_000_000,
  stations: 1_000,
  intervalMinutes: 60,
  delayMinutes: 5,
  repeatEvery: 100,
  order: 'by time',
}
const TOPIC = 'weather.readings'
const IDENTITY = ['station_id', 'timestamp']
const ROUNDS = 3
const QUICK_READINGS = 50_000

interface Round {
  readonly folder: WriteLakeResult
  readonly plain: { readonly readingsASecond: number }
  readonly bucket: WriteLakeResult | null
}

/** Bronze and silver of a full log into a folder and into a bucket, beside DuckDB's own COPY of the same rows. */
export const lake: Scenario = async (context) => {
  const workload = context.quick ? { ...weather, readings: QUICK_READINGS } : weather
  const full = join(context.folder, 'full')
  await context.step('fillLog', { folder: full, workload })
  const rounds: Round[] = []
  for (let i = 0; i < (context.quick ? 1 : ROUNDS); i++) rounds.push(await measureRound(context, full, workload.readings))
  return figuresOf(rounds)
}

async function measureRound(context: ScenarioContext, full: string, readings: number): Promise<Round> {
  const own = join(context.folder, 'round')
  // The lease and its epoch are in the log: each lake begins with one that knows of none.
  cpSync(full, own, { recursive: true })
  const target = join(own, 'lake')
  try {
    const folder = await context.step(
      'writeLake',
      { folder: own, environment: { LAKE_URL: target }, readings },
      { profile: true },
    )
    const plain = await context.step('copyLake', {
      lake: target,
      topic: TOPIC,
      identity: IDENTITY,
      scratch: join(own, 'scratch'),
    })
    return { folder, plain, bucket: await measureBucket(context, own, readings) }
  } finally {
    rmSync(own, { recursive: true })
  }
}

async function measureBucket(context: ScenarioContext, folder: string, readings: number): Promise<WriteLakeResult | null> {
  if (!hasMinio()) return null
  const minio = await startMinio()
  try {
    const environment = {
      LAKE_URL: `s3://${minio.bucket}/lake`,
      S3_ENDPOINT: minio.url,
      S3_ACCESS_KEY_ID: minio.accessKeyId,
      S3_SECRET_ACCESS_KEY: minio.secretAccessKey,
    }
    return await context.step('writeLake', { folder, environment, readings })
  } finally {
    await minio.stop()
  }
}

function figuresOf(rounds: readonly Round[]): Figure[] {
  const of = (name: string, unit: string, value: (round: Round) => number): Figure =>
    figureOfRounds(name, unit, rounds.map(value))
  const ofLake = (place: string, result: (round: Round) => WriteLakeResult): Figure[] => [
    of(`${place}: readings a second`, '1/s', (round) => result(round).readingsASecond),
    of('... CPU seconds a million readings', 's', (round) => result(round).cpuSecondsAMillion),
    of('... peak RSS', 'MB', (round) => result(round).peakRssBytes / 1e6),
    of('... files', '1', (round) => result(round).files),
    of('... bytes a file', 'kB', (round) => result(round).bytes / result(round).files / 1e3),
    of('... speed / DuckDB’s COPY of the same rows', '1', (round) => result(round).readingsASecond / round.plain.readingsASecond),
  ]
  const bucket = rounds.every((round) => round.bucket !== null)
    ? ofLake('a bucket of MinIO', (round) => round.bucket as WriteLakeResult)
    : [missingFigure('a bucket', 'MinIO is not on this machine', false)]
  return [
    of('DuckDB’s COPY from memory: readings a second', '1/s', ({ plain }) => plain.readingsASecond),
    ...ofLake('a folder', ({ folder }) => folder),
    ...bucket,
  ]
}
