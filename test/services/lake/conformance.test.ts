import { randomUUID } from 'node:crypto'
import { describe } from 'vitest'
import { hasMinio, startMinio } from '../../../scripts/services/minio.js'
import { Secret } from '../../../src/core/secret.ts'
import { s3Bucket } from '../../../src/sinks/lake/storage/s3-bucket.ts'
import { lakeStorageConformance } from '../../conformance/lake-storage-conformance.ts'

describe.runIf(hasMinio())('MinIO', () => {
  lakeStorageConformance('a bucket of a real server', async () => {
    const minio = await startMinio()
    const prefix = `lake-${randomUUID()}`
    return {
      open: () =>
        s3Bucket({
          bucket: minio.bucket,
          prefix,
          region: 'us-east-1',
          endpoint: minio.url,
          credentials: { accessKeyId: minio.accessKeyId, secretAccessKey: new Secret(minio.secretAccessKey) },
          partBytes: 5 * 1024 * 1024,
        }),
      close: () => minio.stop(),
    }
  })
})
