import { execFileSync } from 'node:child_process'
import { closeSync, fsyncSync, openSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Returns when all that was written in a directory since `since` (milliseconds since the epoch) is on the disk. */
export function flushDirectory(directory: string, since: number): void {
  if (process.platform !== 'linux' || !flushFileSystem(directory)) flushChanged(directory, since)
}

/** One call for all files: a database has a thousand, and to flush each takes seconds. */
function flushFileSystem(directory: string): boolean {
  try {
    execFileSync('sync', ['-f', directory], { stdio: 'ignore' })
    return true
  } catch {
    // Not every system has this program or this option of it.
    return false
  }
}

function flushChanged(directory: string, since: number): void {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name)
    if (entry.isDirectory()) flushChanged(path, since)
    else if (statSync(path).mtimeMs >= since) flush(path, 'r+')
  }
  // Windows opens no directory as a file, and needs no flush of it.
  if (process.platform !== 'win32') flush(directory, 'r')
}

function flush(path: string, flags: string): void {
  const file = openSync(path, flags)
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
