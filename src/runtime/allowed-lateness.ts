/** The allowed lateness of an event's readings in milliseconds; Infinity where none is set. */
export function allowedLatenessMs(minutesByEvent: ReadonlyMap<string, number> | undefined, event: string): number {
  const minutes = minutesByEvent?.get(event)
  return minutes === undefined ? Number.POSITIVE_INFINITY : minutes * 60_000
}
