import { HOUR_MS } from '../../core/calendar.ts'
import type { SourceMonitor } from '../source-monitor.ts'
import type { Fleet } from './fleet-of.ts'

/** Tells the monitor what is to be expected of each source. `polls`: false where each is asked once. */
export function watchFleet({ members }: Fleet, monitor: SourceMonitor, polls: boolean): void {
  for (const { station, source } of members) {
    const { cadence, kind } = station
    const intervalSeconds = polls && cadence.kind === 'interval' ? cadence.seconds : null
    monitor.started(source, { intervalSeconds, staleAfterMs: kind.staleAfterHours * HOUR_MS })
  }
}
