import { statfs } from 'node:fs/promises'
import type { DiskSpace } from '../../api/ports.ts'
import { messageOf } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'

/** How full the file system of a folder is; null where it does not say, which is told in the log. */
export async function diskSpace(folder: string, logger: Logger): Promise<DiskSpace | null> {
  try {
    const { bavail, blocks, bsize } = await statfs(folder)
    return { freeBytes: bavail * bsize, sizeBytes: blocks * bsize }
  } catch (error) {
    logger.debug({ folder }, `the file system does not say how full it is: ${messageOf(error)}`)
    return null
  }
}
