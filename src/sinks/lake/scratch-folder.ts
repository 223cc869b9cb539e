import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf, WindrowError } from '../../core/errors.ts'
import { makeDirectory } from '../../core/make-directory.ts'
import { type ProcessIdentity, stateOf, thisProcess } from '../../core/process-identity.ts'

const PREFIX = 'windrow-lake-'
const OWNER = 'owner.json'
/** What a person has to mend; all else, as a full disk, may pass. */
const HOPELESS = new Set(['EACCES', 'ENOENT', 'ENOTDIR', 'EPERM', 'EROFS'])

/**
 * A folder of its own in `scratch`, where those that killed processes have left are removed: each may hold as much as a flush of them had. Rejects
 * with WR_LAKE_DATABASE.
 */
export async function makeScratchFolder(scratch: string): Promise<string> {
  try {
    makeDirectory(scratch)
    await clearAbandoned(scratch)
    const folder = await mkdtemp(join(scratch, PREFIX))
    await writeFile(join(folder, OWNER), JSON.stringify(thisProcess()))
    return folder
  } catch (cause) {
    throw noScratch(scratch, cause)
  }
}

async function clearAbandoned(scratch: string): Promise<void> {
  const names = (await readdir(scratch)).filter((name) => name.startsWith(PREFIX))
  for (const name of names) {
    const owner = await ownerOf(join(scratch, name))
    // Those of other machines, with which the folder may be shared, and of other containers are not known to be given up.
    if (owner?.boot === thisProcess().boot && stateOf(owner) === 'gone')
      await rm(join(scratch, name), { recursive: true, force: true })
  }
}

/** Null where it does not say: it is about to be written, or is not ours. */
async function ownerOf(folder: string): Promise<ProcessIdentity | null> {
  try {
    const owner = JSON.parse(await readFile(join(folder, OWNER), 'utf8')) as Partial<ProcessIdentity>
    return typeof owner.pid === 'number' && typeof owner.boot === 'string' ? (owner as ProcessIdentity) : null
  } catch {
    return null
  }
}

function noScratch(scratch: string, cause: unknown): WindrowError {
  const isHopeless = HOPELESS.has((cause as NodeJS.ErrnoException).code ?? '')
  return new WindrowError('WR_LAKE_DATABASE', {
    message: `The lake has no scratch folder in ${scratch}: ${messageOf(cause)}`,
    remedy: 'Set TMPDIR to a folder that this process can write, and that has room for the largest flush.',
    facts: { scratch },
    cause,
    ...(isHopeless ? { kind: 'usage' as const } : { canRetry: true }),
  })
}
