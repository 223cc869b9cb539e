import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A directory of its own, short enough for a socket in it. */
export function makeTempDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'wr-'))
}

export function removeDirectory(directory: string): void {
  rmSync(directory, { recursive: true, force: true, maxRetries: 3 })
}

/** A directory that goes when the test ends. */
export function tempDirectory(): string {
  const directory = makeTempDirectory()
  onTestFinished(() => removeDirectory(directory))
  return directory
}
