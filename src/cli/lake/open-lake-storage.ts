import type { Config } from '../../config/load-config.ts'
import { WindrowError } from '../../core/errors.ts'
import type { LakeStorage } from '../../sinks/lake/storage.ts'

/** The storage that LAKE_URL names. Nothing is asked of a server yet. Throws WR_LAKE_UNSET where it names none. */
export async function openLakeStorage(config: Config): Promise<LakeStorage> {
  const { lakeUrl } = config
  if (lakeUrl === null) throw unset()
  if (lakeUrl.startsWith('s3://')) throw unset()
  const { localFolder } = await import('../../sinks/lake/local-folder.ts')
  return localFolder(lakeUrl)
}

function unset(): WindrowError {
  return new WindrowError('WR_LAKE_UNSET', {
    message: 'There is no lake: nothing says where its files are to be.',
    remedy: 'Set LAKE_URL to a folder, or to a bucket as s3://bucket/prefix.',
    kind: 'usage',
  })
}
