import type { Config } from '../../config/load-config.ts'
import { WindrowError } from '../../core/errors.ts'
import type { LakeStorage } from '../../sinks/lake/storage/storage.ts'

/** The storage that LAKE_URL names. Nothing is asked of a server yet. Throws WR_LAKE_UNSET where it names none. */
export async function openLakeStorage(config: Config): Promise<LakeStorage> {
  const { lakeUrl } = config
  if (lakeUrl === null) throw unset()
  const place = /^s3:\/\/([^/]+)(.*)$/.exec(lakeUrl)
  if (place !== null) return openBucket(config, place[1] as string, place[2] as string)
  const { localFolder } = await import('../../sinks/lake/storage/local-folder.ts')
  return localFolder(lakeUrl)
}

async function openBucket(config: Config, bucket: string, path: string): Promise<LakeStorage> {
  const { s3AccessKeyId: accessKeyId, s3SecretAccessKey: secret } = config
  const { s3Bucket } = await import('../../sinks/lake/storage/s3-bucket.ts')
  return s3Bucket({
    bucket,
    prefix: path
      .split('/')
      .filter((part) => part !== '')
      .join('/'),
    region: config.s3Region,
    endpoint: config.s3Endpoint,
    credentials: accessKeyId === null || secret === null ? null : { accessKeyId, secretAccessKey: secret },
  })
}

function unset(): WindrowError {
  return new WindrowError('WR_LAKE_UNSET', {
    message: 'There is no lake: nothing says where its files are to be.',
    remedy: 'Set LAKE_URL to a folder, or to a bucket as s3://bucket/prefix.',
    kind: 'usage',
  })
}
