import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Secret } from '../../src/core/secret.ts'
import { localFolder } from '../../src/sinks/lake/storage/local-folder.ts'
import { s3Bucket } from '../../src/sinks/lake/storage/s3-bucket.ts'
import { fakeS3 } from '../sinks/lake/storage/fake-s3.ts'
import { lakeStorageConformance } from './lake-storage-conformance.ts'

lakeStorageConformance('a folder', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'windrow-lake-'))
  return {
    open: async () => localFolder(folder),
    close: async () => rmSync(folder, { recursive: true }),
  }
})

lakeStorageConformance('a bucket', async () => {
  const server = await fakeS3()
  server.pageSize = 2
  return {
    open: () =>
      s3Bucket({
        bucket: 'bucket',
        prefix: 'a lake/of mine',
        region: 'us-east-1',
        endpoint: server.url,
        credentials: { accessKeyId: 'key', secretAccessKey: new Secret('not told') },
        partBytes: 5 * 1024 * 1024,
      }),
    close: () => server.close(),
  }
})
