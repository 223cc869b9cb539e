import { readFileSync } from 'node:fs'

/** When a process started, in the clock ticks of the system, so that another one with its number is not taken for it; null where unknown. */
export function startOfProcess(pid: number): string | null {
  if (process.platform !== 'linux') return null
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name, in brackets, may hold spaces and brackets itself. Field 22 is the 20th after it.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
  } catch {
    // No such process.
    return null
  }
}

/** Whether the process that was `pid` and started at `start` is still there, in whatever state. */
export function processLives(pid: number, start: string | null): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: there, but another user's.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  return start === null || startOfProcess(pid) === start
}
