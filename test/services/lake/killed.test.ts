import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startWindrow, type WindrowProcess } from '../../../bench/chaos/windrow-process.ts'
import { randomAt } from '../../../bench/workloads/random.ts'
import { hasMinio, startMinio } from '../../../scripts/services/minio.js'
import type { Minio } from '../../../scripts/services/service.js'
import { Secret } from '../../../src/core/secret.ts'
import { airReadings } from '../../../src/events/air.ts'
import { energyReadings } from '../../../src/events/energy.ts'
import type { AirReading, EnergyReading } from '../../../src/events/reading.ts'
import { openEmbeddedLog } from '../../../src/log/embedded/embedded-log.ts'
import type { Log } from '../../../src/log/port.ts'
import { s3Bucket } from '../../../src/sinks/lake/storage/s3-bucket.ts'
import { airReading, energyReading } from '../../events/readings.ts'
import { bronzeOf, inLogOrder, type LakeWorld, lakeRows, lakeWorld, silverOf } from '../../sinks/lake/lake-world.ts'
import { makeTempDirectory, removeDirectory } from '../../sinks/temp-directory.ts'
import { type WayToS3, wayToS3 } from './way-to-s3.ts'

const HOUR = 3_600_000
const DAYS = 4
const READINGS = 600
const KILLS = Number(process.env.TEST_KILLS ?? 12)
const GOLD_KILLS = Math.ceil(KILLS / 3)
const VIEWS = ['air_hourly', 'daily_sensor_means']
/** The same seed gives the same moments. */
const seed = Number(process.env.TEST_SEED ?? Date.now() % 1_000_000)

describe.runIf(hasMinio())('a lake on a real server of buckets', () => {
  let minio: Minio
  let way: WayToS3
  let folder: string
  let log: Log
  let world: LakeWorld
  let published = 0

  beforeAll(async () => {
    minio = await startMinio()
    way = await wayToS3(minio.url)
    folder = makeTempDirectory()
    log = await openEmbeddedLog({ directory: join(folder, 'data', 'log') })
    world = await lakeWorld(log, 4)
  })
  afterAll(async () => {
    await log?.close()
    await way?.close()
    await minio?.stop()
    if (folder !== undefined) removeDirectory(folder)
  })

  /** Of some days: new ones, late ones, some of them revised, and some that come twice. */
  async function publish(count: number): Promise<void> {
    const air: AirReading[] = []
    const energy: EnergyReading[] = []
    for (const end = published + count; published < end; published++) {
      const hour = Math.floor(randomAt(published, seed) * DAYS * 24)
      const revised = randomAt(published, seed + 1)
      const common = {
        timestamp: airReading.timestamp + hour * HOUR,
        ingestedAt: airReading.ingestedAt + DAYS * 24 * HOUR + published * 1000,
        revisedAt: revised < 0.5 ? null : airReading.ingestedAt + DAYS * 24 * HOUR - Math.floor(revised * 20) * HOUR,
      }
      if (published % 3 > 0) air.push({ ...airReading, ...common, stationId: `smart${published % 11}`, co: published })
      else energy.push({ ...energyReading, ...common, productionType: published % 2 === 0 ? 'SOLAR' : 'WIND', value: published })
    }
    await world.publish(airReadings, air)
    await world.publish(energyReadings, energy)
    await world.publishBytes(airReadings, 'smart1', new Uint8Array([1, 2, 3]), 'WR_WIRE_FORMAT')
  }

  function lake(prefix: string, name: string, endpoint: string, ...words: readonly string[]): WindrowProcess {
    return windrow(prefix, name, endpoint, 'lake', '--layers', 'bronze,silver', ...words)
  }

  function windrow(prefix: string, name: string, endpoint: string, ...args: readonly string[]): WindrowProcess {
    return startWindrow({
      name,
      args,
      settings: {
        WINDROW_DATA_DIR: join(folder, 'data'),
        LAKE_URL: `s3://${minio.bucket}/${prefix}`,
        S3_ENDPOINT: endpoint,
        S3_ACCESS_KEY_ID: minio.accessKeyId,
        S3_SECRET_ACCESS_KEY: minio.secretAccessKey,
        WINDROW_LAKE_FLUSH_SECONDS: '1',
        // Several parts a day.
        WINDROW_LAKE_FILE_ROWS: '1000',
      },
      logFile: join(folder, `${name}.log`),
    })
  }

  async function expectDone(process: WindrowProcess): Promise<void> {
    expect(await process.ended, process.told()).toBe('exit code 0')
  }

  /** Everything of a lake, as a folder. */
  async function downloaded(prefix: string): Promise<string> {
    const { accessKeyId, secretAccessKey, bucket, url } = minio
    const credentials = { accessKeyId, secretAccessKey: new Secret(secretAccessKey) }
    const storage = await s3Bucket({ bucket, prefix, region: 'us-east-1', endpoint: url, credentials })
    const into = join(makeTempDirectory(), 'lake')
    for await (const { name } of storage.list('')) {
      mkdirSync(dirname(join(into, name)), { recursive: true })
      await storage.fetch(name, join(into, name))
    }
    await storage.close()
    return into
  }

  async function expectEqualToLog(prefix: string): Promise<void> {
    const files = await downloaded(prefix)
    try {
      for (const event of [airReadings, energyReadings]) {
        expect(await lakeRows(files, 'bronze', event)).toEqual(inLogOrder(bronzeOf(event, world.published)))
        expect(await lakeRows(files, 'silver', event)).toEqual(inLogOrder(silverOf(event, world.published)))
      }
    } finally {
      removeDirectory(dirname(files))
    }
  }

  test(`killed at ${KILLS} requests by chance (TEST_SEED=${seed}), equals the log reading for reading`, async () => {
    await publish(READINGS)
    const before = way.count
    await expectDone(lake('killed', 'first', way.url, '--until-end'))
    const requests = way.count - before
    let killed = 0
    for (let round = 0; round < KILLS; round++) {
      await publish(READINGS)
      const dying = lake('killed', 'dying', way.url, '--until-end')
      const when = randomAt(round, seed + 2) < 0.5 ? 'before' : 'after'
      way.at(1 + Math.floor(randomAt(round, seed + 3) * requests), when, () => dying.kill())
      if ((await dying.ended) === 'SIGKILL') killed += 1
      // What is there at any moment has nothing twice, and nothing that is not in the log.
      if (round % 4 === 0) await expectNothingTwice('killed')
    }
    await expectDone(lake('killed', 'last', way.url, '--until-end'))
    await expectEqualToLog('killed')
    expect(killed).toBeGreaterThan(KILLS / 2)
  })

  async function expectNothingTwice(prefix: string): Promise<void> {
    const files = await downloaded(prefix)
    try {
      const known = new Map(bronzeOf(airReadings, world.published).map((row) => [`${row.log_partition} ${row.log_offset}`, row]))
      const rows = await lakeRows(files, 'bronze', airReadings)
      for (const row of rows) expect(row).toEqual(known.get(`${row.log_partition} ${row.log_offset}`))
      expect(new Set(rows.map((row) => `${row.log_partition} ${row.log_offset}`)).size).toBe(rows.length)
    } finally {
      removeDirectory(dirname(files))
    }
  }

  test(`killed at ${GOLD_KILLS} requests by chance, has the views in gold as an export has them`, async () => {
    const all = (name: string): WindrowProcess => windrow('gold', name, way.url, 'lake', '--until-end')
    const views = (): WindrowProcess => windrow('gold', 'views', way.url, 'run', '--until-end', '--sinks', 'none')
    await publish(READINGS)
    await expectDone(views())
    const before = way.count
    await expectDone(all('first'))
    const requests = way.count - before
    for (let round = 0; round < GOLD_KILLS; round++) {
      await publish(READINGS)
      await expectDone(views())
      const dying = all('dying')
      way.at(1 + Math.floor(randomAt(round, seed + 4) * requests), round % 2 === 0 ? 'before' : 'after', () => dying.kill())
      await dying.ended
    }
    await expectDone(all('last'))
    await expectEqualToLog('gold')
    const files = await downloaded('gold')
    for (const view of VIEWS) {
      const exported = join(folder, `${view}.parquet`)
      await expectDone(windrow('gold', 'export', way.url, 'export', view, '--format', 'parquet', '--output', exported))
      expect(await differing(`${files}/gold/${view}/**/*.parquet`, exported)).toEqual({ rows: expect.any(Number), differ: 0 })
    }
    removeDirectory(dirname(files))
  })

  /** How many rows of an export there are, and how many more or fewer in the lake. */
  async function differing(lakeFiles: string, exported: string): Promise<{ readonly rows: number; readonly differ: number }> {
    const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
    const connection = await instance.connect()
    const one = `SELECT * FROM read_parquet('${exported}')`
    const other = `SELECT * FROM read_parquet('${lakeFiles}', hive_partitioning = false)`
    const differ = `SELECT * FROM ((${one}) EXCEPT ALL (${other})) UNION ALL SELECT * FROM ((${other}) EXCEPT ALL (${one}))`
    const found = await connection.runAndReadAll(`SELECT (SELECT count(*) FROM (${one})), (SELECT count(*) FROM (${differ}))`)
    connection.closeSync()
    instance.closeSync()
    const [rows, count] = found.getRows()[0] ?? []
    expect(Number(rows)).toBeGreaterThan(0)
    return { rows: Number(rows), differ: Number(count) }
  }

  test('written by two at a time that do not know of each other, equals the log', async () => {
    await publish(READINGS)
    // By another address of the server each has a lease of its own.
    const both = [lake('two', 'one', way.url, '--until-end'), lake('two', 'other', minio.url, '--until-end')]
    for (const each of both) await expectDone(each)
    await publish(READINGS)
    const again = [lake('two', 'one', way.url, '--until-end'), lake('two', 'other', minio.url, '--until-end')]
    for (const each of again) await expectDone(each)
    await expectEqualToLog('two')
  })

  test('with a writer that was stopped in the middle of a write and wakes up when another has the lake, equals the log', async () => {
    await publish(READINGS)
    let wake: () => void = () => undefined
    const sleeping = lake('zombie', 'sleeping', way.url)
    const stopped = new Promise<void>((resolve) => {
      way.atNext(
        (method, path) => method === 'PUT' && path.includes('/silver/'),
        () => {
          sleeping.signal('SIGSTOP')
          resolve()
          // The write itself is on its way all the while.
          return new Promise((awake) => {
            wake = awake
          })
        },
      )
    })
    await stopped
    await publish(READINGS)
    await expectDone(lake('zombie', 'next', way.url, '--until-end'))
    await expectEqualToLog('zombie')
    wake()
    sleeping.signal('SIGCONT')
    await publish(READINGS)
    await expectDone(lake('zombie', 'third', minio.url, '--until-end'))
    await sleeping.kill()
    await expectDone(lake('zombie', 'last', way.url, '--until-end'))
    await expectEqualToLog('zombie')
  })

  test('with a server that is killed and started again meanwhile, equals the log', async () => {
    await publish(READINGS)
    const writing = lake('server', 'through', way.url, '--until-end')
    const down = new Promise<void>((resolve) => {
      way.at(8, 'after', async () => {
        await minio.kill()
        resolve()
      })
    })
    await down
    await minio.start()
    await expectDone(writing)
    await expectEqualToLog('server')
  })
})
