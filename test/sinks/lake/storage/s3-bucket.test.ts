import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { Secret } from '../../../../src/core/secret.ts'
import { s3Bucket } from '../../../../src/sinks/lake/storage/s3-bucket.ts'
import type { S3Options } from '../../../../src/sinks/lake/storage/s3-client.ts'
import type { LakeStorage } from '../../../../src/sinks/lake/storage/storage.ts'
import { tempDirectory } from '../../temp-directory.ts'
import { type FakeS3, fakeS3 } from './fake-s3.ts'

const PART = 1024
const bytes = new TextEncoder().encode('content')

let server: FakeS3

beforeEach(async () => {
  server = await fakeS3()
  return () => server.close()
})

async function bucket(options: Partial<S3Options> = {}): Promise<LakeStorage> {
  const storage = await s3Bucket({
    bucket: 'bucket',
    prefix: 'lake',
    region: 'us-east-1',
    endpoint: server.url,
    credentials: { accessKeyId: 'key', secretAccessKey: new Secret('not-to-be-told') },
    attempts: 2,
    partBytes: PART,
    ...options,
  })
  onTestFinished(() => storage.close())
  return storage
}

function largeFile(): { readonly path: string; readonly content: Buffer } {
  const content = randomBytes(3 * PART + 1)
  const path = join(tempDirectory(), 'large')
  writeFileSync(path, content)
  return { path, content }
}

/** The first request that begins so, and no other. */
function once(begin: string, fault: ReturnType<FakeS3['faultOf']>): void {
  let isOver = false
  server.faultOf = (request) => {
    if (isOver || !request.startsWith(begin)) return null
    isOver = true
    return fault
  }
}

describe('a write whose answer is lost', () => {
  test('was its own, when the next try finds it there', async () => {
    const storage = await bucket()
    once('PUT lake/a', 'lost')
    const tag = await storage.write('a', bytes, 'none')
    expect(await storage.read('a')).toMatchObject({ tag })
    expect(server.requests.filter((request) => request.startsWith('PUT lake/a'))).toHaveLength(2)
  })

  test('is not taken for another process’s write of the same bytes', async () => {
    const storage = await bucket()
    const other = await bucket()
    await other.write('a', bytes, 'none')
    await expect(storage.write('a', bytes, 'none')).rejects.toMatchObject({ code: 'WR_LAKE_CHANGED' })
  })

  test('was its own, also when it was the last step of one in parts', async () => {
    const storage = await bucket()
    const { path, content } = largeFile()
    once('POST lake/large?uploadId', 'lost')
    const tag = await storage.store(path, 'large', 'none')
    const copy = join(tempDirectory(), 'copy')
    expect(await storage.fetch('large', copy)).toBe(tag)
    expect(readFileSync(copy).equals(content)).toBe(true)
  })
})

describe('a write in parts', () => {
  test('repeats the part that fails, and no other', async () => {
    const storage = await bucket()
    once('PUT lake/large?partNumber=2', { status: 503, code: 'SlowDown' })
    await storage.store(largeFile().path, 'large', 'none')
    const parts = server.requests.flatMap((request) => /^PUT lake\/large\?partNumber=(\d)/.exec(request)?.[1] ?? [])
    expect(parts).toEqual(['1', '2', '2', '3', '4'])
  })

  test('needs no right to see what others left', async () => {
    const storage = await bucket()
    server.faultOf = (request) => (request.includes('?uploads&') ? { status: 403, code: 'AccessDenied' } : null)
    const { path } = largeFile()
    await storage.store(path, 'large', 'none')
    server.faultOf = () => null
    expect(await storage.read('large')).toMatchObject({ bytes: readFileSync(path) })
  })

  test('leaves nothing behind when it fails, and removes what a process left that ended in the middle', async () => {
    const storage = await bucket()
    const { path } = largeFile()
    server.uploads.set('left', { key: 'lake/large', metadata: {}, parts: new Map() })
    server.uploads.set('another', { key: 'lake/larger', metadata: {}, parts: new Map() })
    server.faultOf = (request) => (request.includes('partNumber=3') ? 'cut' : null)
    await expect(storage.store(path, 'large', 'none')).rejects.toMatchObject({ code: 'WR_LAKE_AWAY', canRetry: true })
    expect([...server.uploads.keys()]).toEqual(['another'])
    expect(await storage.read('large')).toBeNull()
  })
})

describe('a server that does not keep conditions', () => {
  test.each(['put', 'complete'] as const)('is refused before the first write: %s', async (which) => {
    server.keeps[which] = false
    const storage = await bucket()
    await expect(storage.write('a', bytes, 'none')).rejects.toMatchObject({ code: 'WR_LAKE_CONDITIONS', kind: 'usage' })
    expect(server.objects.size).toBe(0)
    expect(server.uploads.size).toBe(0)
  })

  test('is asked once, and again where it was away', async () => {
    const storage = await bucket()
    server.faultOf = () => ({ status: 503, code: 'ServiceUnavailable' })
    await expect(storage.write('a', bytes, 'none')).rejects.toMatchObject({ code: 'WR_LAKE_AWAY' })
    server.faultOf = () => null
    await storage.write('a', bytes, 'none')
    const before = server.requests.length
    await storage.write('b', bytes, 'none')
    expect(server.requests.slice(before)).toEqual(['PUT lake/b?x-id=PutObject'])
    expect([...server.objects.keys()]).toEqual(['lake/a', 'lake/b'])
  })
})

describe('what the server answers', () => {
  test.each([
    [403, 'AccessDenied', 'WR_LAKE_DENIED', false],
    [403, 'InvalidAccessKeyId', 'WR_LAKE_DENIED', false],
    [403, 'RequestTimeTooSkewed', 'WR_LAKE_DENIED', false],
    [400, 'AuthorizationHeaderMalformed', 'WR_LAKE_BUCKET', false],
    [404, 'NoSuchBucket', 'WR_LAKE_BUCKET', false],
    [400, 'RequestTimeout', 'WR_LAKE_AWAY', true],
    [500, 'InternalError', 'WR_LAKE_AWAY', true],
    [507, 'XMinioStorageFull', 'WR_LAKE_AWAY', true],
    [400, 'EntityTooLarge', 'WR_LAKE_DENIED', false],
  ] as const)('%i %s is %s', async (status, code, expected, canRetry) => {
    const storage = await bucket({ attempts: 1 })
    server.faultOf = () => ({ status, code })
    for (const ask of [
      () => storage.read('a'),
      () => storage.list('')[Symbol.asyncIterator]().next(),
      () => storage.write('a', bytes, 'any'),
    ]) {
      const error = await ask().then(
        () => null,
        (reason: unknown) => reason,
      )
      expect(error).toMatchObject({ code: expected, canRetry })
      expect(String(error)).not.toContain('not-to-be-told')
    }
  })

  test('a server that is not there, or silent, is away', async () => {
    const storage = await bucket({ attempts: 1, timeoutMs: 50 })
    server.faultOf = () => 'silent'
    await expect(storage.read('a')).rejects.toMatchObject({ code: 'WR_LAKE_AWAY', canRetry: true })
    await server.close()
    await expect(storage.read('a')).rejects.toMatchObject({ code: 'WR_LAKE_AWAY', canRetry: true })
  })
})

test('says where it is without the secrets of an address', async () => {
  const storage = await bucket({ endpoint: server.url.replace('//', '//somebody:password@') })
  expect(storage.describe()).toBe(`s3://bucket/lake at ${server.url}`)
  expect((await bucket({ prefix: '', endpoint: null })).describe()).toBe('s3://bucket')
})

test('loading the library warns of nothing', async () => {
  const warnings: unknown[] = []
  const hear = (warning: unknown): number => warnings.push(warning)
  process.on('warning', hear)
  onTestFinished(() => void process.off('warning', hear))
  await (await bucket()).read('a')
  expect(warnings).toEqual([])
})

test('to close it gives up what is on its way to a server that does not answer, and asks nothing more', async () => {
  const storage = await bucket({ attempts: 5 })
  server.faultOf = (request) => (request.startsWith('GET') ? 'silent' : null)
  const reading = storage.read('a')
  const failed = expect(reading).rejects.toMatchObject({ code: 'WR_LAKE_AWAY' })
  await vi.waitFor(() => expect(server.requests).toHaveLength(1))
  await storage.close()
  await failed
  await expect(storage.write('b', bytes, 'none')).rejects.toMatchObject({ code: 'WR_LAKE_AWAY' })
  expect(server.requests).toHaveLength(1)
})
