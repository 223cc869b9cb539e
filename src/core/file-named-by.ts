import { readFileSync } from 'node:fs'
import { messageOf, WindrowError } from './errors.ts'

/** What is in the file that a setting names, null where it names none. Throws WR_CONFIG_INVALID when the file cannot be read. */
export function fileNamedBy(variable: string, path: string | null): Buffer | null {
  if (path === null) return null
  try {
    return readFileSync(path)
  } catch (error) {
    throw new WindrowError('WR_CONFIG_INVALID', {
      message: `${variable} names ${path}, which cannot be read: ${messageOf(error)}`,
      remedy: 'Name a file that this user may read.',
      kind: 'usage',
      cause: error,
    })
  }
}
