import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { sameBoot } from './boot.ts'

/**
 * The embedded Postgres never waits for the disk (its file system has no fsync). The end of a process loses nothing by that; the end of the
 * machine may leave pages half written, in silence. So a database that was open when the machine went down is set aside and
 * made anew: every view is in the log.
 */
export function setAsideAfterReboot(directory: string): string | null {
  const marker = markerOf(directory)
  if (!existsSync(marker) || sameBoot(readFileSync(marker, 'utf8'))) return null
  rmSync(marker)
  if (!existsSync(directory)) return null
  let aside = `${directory}.before-reboot`
  for (let n = 2; existsSync(aside); n++) aside = `${directory}.before-reboot-${n}`
  renameSync(directory, aside)
  return aside
}

/** There while the database is open, and left behind when it was not closed. */
export function markerOf(directory: string): string {
  return `${directory}.open`
}
