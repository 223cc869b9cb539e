import type { FileSchedule } from '../../config/stations-file-schema.ts'
import { WindrowError } from '../../core/errors.ts'
import { cadenceProblem, machineZone } from '../../producers/stations/cadence.ts'
import type { Cadence } from '../../producers/stations/station.ts'

/**
 * The schedule that a file or the command line names, null where it names none. Its clocks are those of `stationZone` unless it says otherwise. Throws
 * WR_SCHEDULE for one that cannot be kept.
 */
export function cadenceOf(schedule: FileSchedule, stationZone: string): Cadence | null {
  const named = schedule.schedule_time_zone ?? 'station'
  const timeZone = named === 'station' ? stationZone : named === 'machine' ? machineZone() : named
  const cadence = unchecked(schedule, timeZone)
  const problem = cadence === null ? null : cadenceProblem(cadence)
  if (problem === null) return cadence
  throw new WindrowError('WR_SCHEDULE', {
    message: `The schedule ${JSON.stringify(schedule.cron ?? schedule.at ?? schedule.interval_seconds)} cannot be kept: ${problem}.`,
    remedy:
      'Give a number of seconds, times as 06:30 separated by commas, or a cron expression of five or six fields as "5 * * * *" (minute, hour, day of the month, month, day of the week).',
    kind: 'usage',
  })
}

function unchecked({ interval_seconds: seconds, at, cron }: FileSchedule, timeZone: string): Cadence | null {
  if (seconds !== undefined) return { kind: 'interval', seconds }
  if (at !== undefined) return { kind: 'daily', times: typeof at === 'string' ? [at] : at, timeZone }
  return cron === undefined ? null : { kind: 'cron', expression: cron, timeZone }
}
