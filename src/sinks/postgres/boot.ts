import { existsSync, readFileSync } from 'node:fs'
import { uptime } from 'node:os'

const LINUX_BOOT_ID = '/proc/sys/kernel/random/boot_id'
/** Clocks are set and drift; a machine that has been up for less has hardly written anything. */
const TOLERANCE_SECONDS = 300

/** Since when this machine has been running. */
export interface Boot {
  /** Random for each boot, null where the system has none. */
  readonly id: string | null
  /** Seconds since the epoch. */
  readonly startedAt: number
}

export function bootOf(): Boot {
  return {
    id: existsSync(LINUX_BOOT_ID) ? readFileSync(LINUX_BOOT_ID, 'utf8').trim() : null,
    startedAt: Math.round(Date.now() / 1000 - uptime()),
  }
}

/** Whether the machine has run without a break since `text`, the JSON of a Boot, was written. A text that is no Boot: no. */
export function sameBoot(text: string, now: Boot = bootOf()): boolean {
  const then = parseBoot(text)
  if (then === null) return false
  if (then.id !== null && now.id !== null) return then.id === now.id
  return Math.abs(then.startedAt - now.startedAt) <= TOLERANCE_SECONDS
}

function parseBoot(text: string): Boot | null {
  try {
    const boot = JSON.parse(text) as Boot | null
    return boot !== null && typeof boot.startedAt === 'number' ? boot : null
  } catch {
    // Cut off when the machine went down.
    return null
  }
}
