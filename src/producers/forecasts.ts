import { DAY_MS, dayText } from '../core/calendar.ts'
import type { Remember, SourceContext } from './source.ts'

/** What upstream expects of the hour after a reading. */
export interface NextHour {
  /** Cel */
  readonly temp: number | null
  /** mm */
  readonly precip: number | null
}

type OfDay = Readonly<Record<string, readonly [number | null, number | null]>>

/**
 * The forecasts that went out with readings. Upstream forgets what it forecast as soon as the hour is over, and another forecast every few
 * minutes is no revision of the reading: so the one that was there when the reading was first said stays with it for ever.
 */
export function forecasts(recall: SourceContext['recall']): {
  /** The forecast that the reading of that time went out with, null where there was none. */
  readonly of: (timestamp: number) => NextHour | null
  /** To be yielded before the reading itself, so that the reading is never in the log without it. */
  readonly keep: (timestamp: number, next: NextHour) => Remember
} {
  const keyOf = (timestamp: number): readonly [name: string, minute: string] => {
    const day = Math.floor(timestamp / DAY_MS)
    return [`forecasts ${dayText(day)}`, String((timestamp - day * DAY_MS) / 60_000)]
  }
  const ofDay = (name: string): OfDay => JSON.parse(recall(name) ?? '{}') as OfDay
  return {
    of: (timestamp) => {
      const [name, minute] = keyOf(timestamp)
      const found = ofDay(name)[minute]
      return found === undefined ? null : { temp: found[0], precip: found[1] }
    },
    keep: (timestamp, { temp, precip }) => {
      const [name, minute] = keyOf(timestamp)
      return { kind: 'remember', name, text: JSON.stringify({ ...ofDay(name), [minute]: [temp, precip] }) }
    },
  }
}
