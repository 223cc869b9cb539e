import { WindrowError } from '../core/errors.ts'

/** What lmdb-js rejects with: the outer error says nothing, the promise in `commitError` rejects with the reason. */
interface CommitFailure {
  readonly commitError?: Promise<unknown>
}

/** Errno and LMDB numbers that mean "no room": ENOSPC, EFBIG, EDQUOT, MDB_MAP_FULL. */
const NO_ROOM = new Set<unknown>([28, 27, 122, 'ENOSPC', 'EFBIG', 'EDQUOT', -30792])
/** EIO: LMDB reports a write that the file system cut short like this, which is how a full disk looks most of the time. */
const CUT_SHORT = new Set<unknown>([5, 'EIO'])
const NOT_WRITABLE = new Set<unknown>([1, 13, 30, 20, 17, 'EPERM', 'EACCES', 'EROFS', 'ENOTDIR', 'EEXIST'])

/** The reason behind a rejected write. Never rejects. */
export async function reasonOf(failure: unknown): Promise<unknown> {
  const inner = (failure as CommitFailure | null | undefined)?.commitError
  if (inner === undefined) return failure
  return inner.then(
    () => failure,
    (reason: unknown) => reason ?? failure,
  )
}

function codeOf(error: unknown): unknown {
  return error !== null && typeof error === 'object' && 'code' in error ? error.code : undefined
}

export function diskFull(path: string, neededBytes: number, freeBytes: number | null, cause?: unknown): WindrowError {
  const room = freeBytes === null ? '' : `, ${Math.max(0, Math.floor(freeBytes / 1024))} KiB are free`
  return new WindrowError('WR_DISK_FULL', {
    message: `No room for ${Math.ceil(neededBytes / 1024)} KiB in ${path}${room}; nothing was written`,
    remedy: 'Free some space on that disk (or raise the limit of the store). Work goes on by itself once there is room.',
    facts: { path, neededBytes, freeBytes },
    canRetry: true,
    cause,
  })
}

/** The error that a failed write becomes; `freeBytes` is what the disk had left when it failed, null where unknown. */
export function writeFailure(reason: unknown, path: string, neededBytes: number, freeBytes: number | null): WindrowError {
  const code = codeOf(reason)
  if (NO_ROOM.has(code)) return diskFull(path, neededBytes, freeBytes, reason)
  if (CUT_SHORT.has(code) && freeBytes !== null && freeBytes < neededBytes * 2 + 1024 * 1024) {
    return diskFull(path, neededBytes, freeBytes, reason)
  }
  return new WindrowError('WR_STORE_FAILED', {
    message: `Writing to the store in ${path} failed: ${reason instanceof Error ? reason.message : String(reason)}`,
    remedy: 'Check the disk and the permissions of that directory, then start again: nothing that was acknowledged is lost.',
    facts: { path, code },
    cause: reason,
  })
}

/** The error that a failed opening becomes. */
export function openFailure(reason: unknown, path: string): WindrowError {
  const code = codeOf(reason)
  if (NO_ROOM.has(code)) return diskFull(path, 64 * 1024, null, reason)
  if (NOT_WRITABLE.has(code)) {
    return new WindrowError('WR_DATA_DIR_UNWRITABLE', {
      message: `The data directory ${path} cannot be written: ${reason instanceof Error ? reason.message : String(reason)}`,
      remedy: 'Give this user the right to write there, or set WINDROW_DATA_DIR to a directory that can be written.',
      facts: { path, code },
      cause: reason,
    })
  }
  return new WindrowError('WR_STORE_FAILED', {
    message: `The store in ${path} cannot be opened: ${reason instanceof Error ? reason.message : String(reason)}`,
    remedy: 'Check that the directory holds a windrow store of this version and that the disk is sound.',
    facts: { path, code },
    cause: reason,
  })
}
