import type { Clock } from '../core/clock.ts'

/** When a source is to be polled. */
export interface Rhythm {
  /** Milliseconds until the next poll, 0 or less when it is due. The clock may be set while somebody waits, so it is asked again now and then. */
  left(): number
  /** To be called when a poll has ended well: the next one is the first of the rhythm that is still to come. */
  advance(): void
}

/** At whole intervals after `offsetMs` from now, by the monotonic clock: never late by more than a poll takes, without drift. */
export function everyInterval(intervalMs: number, clock: Clock, offsetMs = 0): Rhythm {
  const start = clock.monotonic() + offsetMs
  let tick = 0
  return {
    left: () => start + tick * intervalMs - clock.monotonic(),
    advance: () => {
      // At least the next one: a timer may fire a little early.
      tick = Math.max(tick, Math.floor((clock.monotonic() - start) / intervalMs)) + 1
    },
  }
}

/** At the instants that `nextAfter` gives (the first one strictly after an instant, milliseconds since the epoch), by the clock on the wall. */
export function atInstants(nextAfter: (instant: number) => number, clock: Clock): Rhythm {
  let next = nextAfter(clock.now())
  return {
    left: () => next - clock.now(),
    advance: () => {
      next = nextAfter(Math.max(clock.now(), next))
    },
  }
}
