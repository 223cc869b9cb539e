import { badName } from '../lake-errors.ts'

/** What a storage keeps for itself: never listed. */
export const OWN_FOLDER = '.windrow'

/** Throws WR_LAKE_NAME for a name that would leave the lake, or mean another file on another storage. */
export function checkFileName(name: string): void {
  const parts = name.split('/')
  const isFine =
    Buffer.from(name).toString() === name &&
    !name.includes('\0') &&
    !name.includes('\\') &&
    Buffer.byteLength(name) <= 1024 &&
    parts[0] !== OWN_FOLDER &&
    parts.every((part) => part !== '' && part !== '.' && part !== '..')
  if (!isFine) throw badName(name)
}
