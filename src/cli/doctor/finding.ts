import { isWindrowError, messageOf } from '../../core/errors.ts'

/** `note`: nothing is wrong. `warning`: may become a problem. `problem`: something needs a person; the exit code is 1. */
export type Severity = 'note' | 'warning' | 'problem'

/** One thing that was looked at. */
export interface Finding {
  readonly about: string
  readonly severity: Severity
  readonly text: string
  /** What to do; null where nothing is to be done. */
  readonly remedy: string | null
}

export const note = (about: string, text: string): Finding => ({ about, severity: 'note', text, remedy: null })
export const warning = (about: string, text: string, remedy: string): Finding => ({ about, severity: 'warning', text, remedy })
export const problem = (about: string, text: string, remedy: string): Finding => ({ about, severity: 'problem', text, remedy })

/** What went wrong while something was looked at. */
export function failure(about: string, error: unknown): Finding {
  if (isWindrowError(error)) return problem(about, `${error.code}: ${error.message}`, error.remedy)
  return problem(about, messageOf(error), 'Run it again with WINDROW_LOG_LEVEL=debug.')
}

/** `3 minutes`, for a length of time in milliseconds. */
export function spanText(ms: number): string {
  const units = [
    ['day', 86_400_000],
    ['hour', 3_600_000],
    ['minute', 60_000],
    ['second', 1000],
  ] as const
  for (const [name, length] of units) {
    const count = Math.floor(ms / length)
    if (count >= 1) return `${count} ${name}${count === 1 ? '' : 's'}`
  }
  return 'less than a second'
}

export function bytesText(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB']
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit += 1
  }
  return `${value.toLocaleString('en-US', { maximumFractionDigits: unit === 0 ? 0 : 1 })} ${units[unit]}`
}
