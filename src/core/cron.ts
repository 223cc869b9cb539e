import { Cron } from 'croner'
import { messageOf } from './errors.ts'

/** What is wrong with a cron expression of five or six fields, null when nothing is. */
export function cronProblem(expression: string): string | null {
  try {
    // One that never comes, as the 30th of February, is a mistake too.
    return cron(expression, 'UTC').nextRun(new Date(0)) === null ? 'it names no time that ever comes' : null
  } catch (error) {
    return messageOf(error).replace(/^Cron(?:Pattern|Date)?: |\.$/g, '')
  }
}

/**
 * The first instant after `instant` that a valid expression names, milliseconds since the epoch, by the clocks of an IANA time zone. A time that
 * clocks skip is the first after the gap, and one that they show twice comes once.
 */
export function nextOfCron(expression: string, timeZone: string, instant: number): number {
  // Croner drops milliseconds, so that an instant just after a whole second would find that second again.
  const next = cron(expression, timeZone).nextRun(new Date(instant))?.getTime()
  if (next === undefined) throw new RangeError(`the cron expression ${expression} names no time after ${instant}`)
  return next > instant ? next : nextOfCron(expression, timeZone, instant + 1000)
}

const known = new Map<string, Cron>()

function cron(expression: string, timeZone: string): Cron {
  const key = JSON.stringify([expression, timeZone])
  let found = known.get(key)
  if (found === undefined) {
    found = new Cron(expression, { timezone: timeZone, paused: true })
    known.set(key, found)
  }
  return found
}
