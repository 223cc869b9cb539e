import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Makes a directory and what lies above it, one after another. Unlike `mkdirSync(path, { recursive: true })` it never tries for
 * ever where the file system answers that a parent which is there does not exist (as /proc does): it throws that answer (ENOENT).
 */
export function makeDirectory(path: string, mode?: number): void {
  if (existsSync(path)) return
  const parent = dirname(path)
  if (parent !== path) makeDirectory(parent, mode)
  try {
    mkdirSync(path, mode)
  } catch (error) {
    // Somebody else may have made it in between.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}
