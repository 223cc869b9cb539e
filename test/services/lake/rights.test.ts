import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { hasMinio, startMinio } from '../../../scripts/services/minio.js'
import type { Minio } from '../../../scripts/services/service.js'
import { airReadings } from '../../../src/events/air.ts'
import { s3Bucket } from '../../../src/sinks/lake/storage/s3-bucket.ts'
import type { LakeStorage } from '../../../src/sinks/lake/storage/storage.ts'
import { memoryLog } from '../../../src/testing/memory-log.ts'
import { airReading } from '../../events/readings.ts'
import { lakeWorld, run } from '../../sinks/lake/lake-world.ts'
import { tempDirectory } from '../../sinks/temp-directory.ts'
import { assumeRole } from './assume-role.ts'

const PART = 5 * 1024 * 1024
const DAY = 86_400_000

interface Policy {
  readonly Statement: ReadonlyArray<{ readonly Action: string | readonly string[] }>
}

/** The policy that docs/lake.md gives, of the bucket and the prefix `mine`. */
function documented(bucket: string): Policy {
  const text = readFileSync(fileURLToPath(new URL('../../../docs/lake.md', import.meta.url)), 'utf8')
  const json = /```json\n(\{[^`]+\})\n```/.exec(text)?.[1]
  if (json === undefined) throw new Error('docs/lake.md has no policy')
  return JSON.parse(json.replaceAll('s3:::bucket', `s3:::${bucket}`).replaceAll('prefix/*', 'mine/*')) as Policy
}

describe.runIf(hasMinio())('a lake on a real server of buckets, with the rights that docs/lake.md tells of', () => {
  let minio: Minio
  beforeAll(async () => {
    minio = await startMinio()
  })
  afterAll(() => minio?.stop())

  async function storageWith(policy: object, prefix: string): Promise<LakeStorage> {
    for (const [name, value] of Object.entries(await assumeRole(minio, policy))) vi.stubEnv(name, value)
    onTestFinished(() => void vi.unstubAllEnvs())
    const { bucket, url: endpoint } = minio
    const storage = await s3Bucket({ bucket, prefix, region: 'us-east-1', endpoint, credentials: null, partBytes: PART })
    onTestFinished(() => storage.close())
    return storage
  }

  test('is written, goes on, forgets days, and takes large files', async () => {
    const policy = documented(minio.bucket)
    const { log, publish } = await lakeWorld(memoryLog())
    await publish(airReadings, [
      airReading,
      { ...airReading, timestamp: airReading.timestamp + DAY, ingestedAt: airReading.ingestedAt + DAY },
    ])
    for (const keepDays of [null, 1]) {
      const storage = await storageWith(policy, 'mine/lake')
      const runner = await run({ storage, log, keepDays })
      await runner.done
      const again = await storageWith(policy, 'mine/lake')
      expect(await again.read('_state/bronze/air.readings.json')).not.toBeNull()
      expect(await again.read('_state/bronze/absent.json')).toBeNull()
      expect(await countOf(again)).toBe(keepDays === null ? 2 : 0)
      await runner.stop()
    }
    const large = join(tempDirectory(), 'large')
    const content = randomBytes(PART + 1)
    writeFileSync(large, content)
    const storage = await storageWith(policy, 'mine')
    const tag = await storage.store(large, 'gold/large', 'none')
    writeFileSync(large, content)
    await expect(storage.store(large, 'gold/large', 'none')).rejects.toMatchObject({ code: 'WR_LAKE_CHANGED' })
    await storage.store(large, 'gold/large', { tag })
    expect(content.equals((await storage.read('gold/large'))?.bytes ?? new Uint8Array())).toBe(true)
  })

  async function countOf(storage: LakeStorage): Promise<number> {
    let count = 0
    for await (const _ of storage.list('bronze/')) count += 1
    return count
  }

  test('reaches nothing beside its prefix', async () => {
    const storage = await storageWith(documented(minio.bucket), 'other')
    const denied = { code: 'WR_LAKE_DENIED' }
    await expect(storage.read('a')).rejects.toMatchObject(denied)
    await expect(storage.write('a', new Uint8Array(1), 'none')).rejects.toMatchObject(denied)
    await expect(countOf(storage)).rejects.toMatchObject(denied)
    await expect(storage.remove(['a'])).rejects.toMatchObject(denied)
  })

  test('is read with the rights of a reader, and not written', async () => {
    const owner = await storageWith(documented(minio.bucket), 'mine/read')
    await owner.write('bronze/a', new Uint8Array([1]), 'none')
    const [list, ...others] = documented(minio.bucket).Statement
    const reading = { Version: '2012-10-17', Statement: [list, ...others.map((each) => ({ ...each, Action: 's3:GetObject' }))] }
    const reader = await storageWith(reading, 'mine/read')
    expect(await reader.read('bronze/a')).not.toBeNull()
    expect(await countOf(reader)).toBe(1)
    await expect(reader.write('bronze/b', new Uint8Array([1]), 'none')).rejects.toMatchObject({ code: 'WR_LAKE_DENIED' })
    await expect(reader.remove(['bronze/a'])).rejects.toMatchObject({ code: 'WR_LAKE_DENIED' })
  })
})
