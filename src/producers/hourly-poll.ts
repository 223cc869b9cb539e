import { HOUR_MS } from '../core/calendar.ts'
import type { WeatherReading } from '../events/reading.ts'
import { weatherReadings } from '../events/weather.ts'
import { BadReading } from './bad-reading.ts'
import { forecasts, type NextHour } from './forecasts.ts'
import { jsonBytes } from './json-bytes.ts'
import { type BadInput, badInput, type ReadThrough, type SourceContext, type SourceItem } from './source.ts'

/** A stretch of time, milliseconds since the epoch, `to` exclusive. */
export interface Stretch {
  readonly from: number
  readonly to: number
}

/** An hour as upstream says it. */
export type SaidHour =
  | { readonly kind: 'reading'; readonly start: number; readonly reading: WeatherReading; readonly element: unknown }
  /** Without a start where it is of no hour. */
  | { readonly kind: 'bad'; readonly start: number | null; readonly bad: BadInput }

/** What an answer says of the weather, hour by hour. */
export interface SaidHours {
  /** The hours from `from` to before `to` of which there is something, in the order of time. */
  hours(from: number, to: number): Iterable<SaidHour>
  /** What is expected of the hour that begins then; null where the answer has nothing of it. */
  next(start: number): NextHour | null
}

export interface HourlyPoll<Piece extends Stretch> {
  readonly context: SourceContext
  /** One after the other in time, together without gaps. Hours that are not over are never asked of the answers, so they may be in a piece. */
  readonly pieces: readonly Piece[]
  /** When the poll began, by the context's clock. */
  readonly began: number
  /** How far that clock is ahead of upstream's; asked for when an answer is there, which may tell. Absent: not at all. */
  readonly aheadMs?: () => number
  /** Whether what is asked for goes on from the last poll: only then it is said how far upstream was read. */
  readonly continues: boolean
  /** How far back upstream is asked again: so long is waited for an hour that it has not. */
  readonly revisionsMs: number
  readonly ask: (piece: Piece) => Promise<SaidHours>
}

/** The hour that `make` gives a reading of, or the element as what is none (BadReading). */
export function hourOf(start: number, station: string, element: unknown, make: () => WeatherReading): SaidHour {
  try {
    return { kind: 'reading', start, reading: make(), element }
  } catch (error) {
    if (!(error instanceof BadReading)) throw error
    return { kind: 'bad', start, bad: badInput(station, null, jsonBytes(element), error) }
  }
}

/** What `make` gives; null where it is no forecast (BadReading): the hour is a bad input of its own once it is over. */
export function forecastOf(make: () => NextHour): NextHour | null {
  try {
    return make()
  } catch (error) {
    if (error instanceof BadReading) return null
    throw error
  }
}

/** The last hour that is over. */
function latestHour(now: number): number {
  return Math.floor(now / HOUR_MS) * HOUR_MS - HOUR_MS
}

/**
 * Asks for pieces of time one after the other and yields their hours in order. The latest hour carries what upstream expects of the one
 * that has begun since; earlier ones what they carried when they were the latest. `through` stops before the hours at the end that
 * upstream does not have yet, so that they are asked for again, but never falls behind what is asked again anyway: an hour that
 * upstream never gets would be waited for at ever greater cost.
 */
export async function* pollHours<Piece extends Stretch>(poll: HourlyPoll<Piece>): AsyncGenerator<SourceItem> {
  const { context, pieces, revisionsMs, aheadMs = () => 0 } = poll
  const { of, keep } = forecasts(context.recall)
  /** The hour that was the last to be over when the poll began. */
  let latest = Number.NaN
  let saidTo = Number.NEGATIVE_INFINITY
  let held: SaidHour | null = null
  let next: NextHour | null = null

  const itemsOf = function* (hour: SaidHour, expected: NextHour | null): Iterable<SourceItem> {
    if (hour.start !== null) saidTo = hour.start + HOUR_MS
    if (hour.kind === 'bad') {
      yield hour.bad
      return
    }
    const kept = of(hour.start)
    if (kept === null && expected !== null) yield keep(hour.start, expected)
    const { temp = null, precip = null } = kept ?? expected ?? {}
    const reading = { ...hour.reading, nextHourTemp: temp, nextHourPrecip: precip }
    yield { kind: 'reading', event: weatherReadings, reading, line: null, bytes: () => jsonBytes(hour.element) }
  }

  const throughOf = ({ to }: Piece): ReadThrough => ({
    kind: 'through',
    at: Math.max(saidTo, Math.min(to, latest + HOUR_MS - revisionsMs)),
  })

  for (const [done, piece] of pieces.entries()) {
    const said = await poll.ask(piece)
    if (context.signal.aborted) return
    if (done === 0) latest = latestHour(poll.began - aheadMs())
    for (const hour of said.hours(piece.from, Math.min(piece.to, latest + HOUR_MS))) {
      // What is expected of the hour after it may be in the next piece.
      if (hour.start === latest) held = hour
      else yield* itemsOf(hour, null)
    }
    // Where the answer was long in coming, that hour is over too: what is said of it now was not expected when it began.
    if (latestHour(context.clock.now() - aheadMs()) === latest) next ??= said.next(latest + HOUR_MS)
    if (poll.continues && done < pieces.length - 1) yield throughOf(piece)
    context.progress(done + 1, pieces.length)
  }
  if (held !== null) yield* itemsOf(held, next !== null && (next.temp !== null || next.precip !== null) ? next : null)
  const last = pieces.at(-1)
  if (poll.continues && last !== undefined) yield throughOf(last)
}
