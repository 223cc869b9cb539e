import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { messageOf, WindrowError } from '../core/errors.ts'

/**
 * Makes the data folder and what is missing above it, one after the other: Node's own recursive way goes round for ever in
 * folders that deny what they hold (/proc). Throws WR_DATA_DIR_UNWRITABLE.
 */
export function makeDataFolder(path: string): void {
  try {
    makeWithParents(path)
  } catch (error) {
    throw new WindrowError('WR_DATA_DIR_UNWRITABLE', {
      message: `The data folder ${path} cannot be made: ${messageOf(error)}.`,
      remedy: 'Set WINDROW_DATA_DIR to a folder that this user may write to.',
      kind: 'usage',
      facts: { path },
      cause: error,
    })
  }
}

function makeWithParents(path: string): void {
  if (existsSync(path)) return
  if (dirname(path) !== path) makeWithParents(dirname(path))
  try {
    mkdirSync(path)
  } catch (error) {
    // Another process may have been quicker.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}
