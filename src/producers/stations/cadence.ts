import { cronProblem, nextOfCron } from '../../core/cron.ts'
import type { Cadence } from './station.ts'

/**
 * The first instant after `instant` at which a station is to be polled, milliseconds since the epoch. Of an interval these are `anchor` and whole
 * intervals after it (default: `instant` itself, so the next is an interval away); what was missed is left out. A time of day that clocks skip is
 * the first after the gap, one that they show twice comes once.
 */
export function nextAfter(cadence: Cadence, instant: number, anchor: number = instant): number {
  switch (cadence.kind) {
    case 'interval': {
      const length = cadence.seconds * 1000
      return anchor + (Math.floor((instant - anchor) / length) + 1) * length
    }
    case 'cron':
      return nextOfCron(cadence.expression, cadence.timeZone, instant)
    case 'daily':
      return Math.min(...cadence.times.map((time) => nextOfCron(cronOfTime(time), cadence.timeZone, instant)))
  }
}

/** What is wrong with a schedule as somebody typed it, null when nothing is. Zones are checked elsewhere. */
export function cadenceProblem(cadence: Cadence): string | null {
  switch (cadence.kind) {
    case 'interval':
      return Number.isSafeInteger(cadence.seconds) && cadence.seconds >= 1
        ? null
        : 'an interval is a whole number of seconds, at least 1'
    case 'cron':
      return cronProblem(cadence.expression)
    case 'daily': {
      const wrong = cadence.times.find((time) => !TIME_OF_DAY.test(time))
      if (wrong !== undefined) return `${JSON.stringify(wrong)} is no time from 00:00 to 23:59`
      return cadence.times.length > 0 ? null : 'there is no time'
    }
  }
}

/** `every 10 minutes`, `every day at 06:30 and 18:30 (Europe/Paris)`, `at "5 * * * *" (UTC)`. */
export function cadenceText(cadence: Cadence): string {
  switch (cadence.kind) {
    case 'interval':
      return `every ${lengthText(cadence.seconds)}`
    case 'cron':
      return `at ${JSON.stringify(cadence.expression)} (${cadence.timeZone})`
    case 'daily':
      return `every day at ${cadence.times.join(' and ')} (${cadence.timeZone})`
  }
}

/** The time from one poll to the next, in seconds: of a schedule by the clock the mean of its next day. */
export function meanSeconds(cadence: Cadence, from: number): number {
  if (cadence.kind === 'interval') return cadence.seconds
  if (cadence.kind === 'daily') return 86_400 / cadence.times.length
  let polls = 0
  let at = nextAfter(cadence, from)
  const first = at
  while (at - first < 86_400_000 && polls < 1440) {
    polls += 1
    at = nextAfter(cadence, at)
  }
  return (at - first) / polls / 1000
}

/** The time zone of the machine that this runs on. */
export function machineZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone
}

const TIME_OF_DAY = /^([01]\d|2[0-3]):([0-5]\d)$/

function cronOfTime(time: string): string {
  const [, hour, minute] = TIME_OF_DAY.exec(time) ?? []
  if (hour === undefined) throw new RangeError(`${time} is no time of day`)
  return `${Number(minute)} ${Number(hour)} * * *`
}

function lengthText(seconds: number): string {
  const units = [
    ['day', 86_400],
    ['hour', 3600],
    ['minute', 60],
  ] as const
  for (const [name, length] of units) {
    if (seconds % length !== 0) continue
    const count = seconds / length
    return count === 1 ? name : `${count} ${name}s`
  }
  return seconds === 1 ? 'second' : `${seconds} seconds`
}
