import { count, flag, instant, optionalInstant, optionalText, requiredDouble } from './view.ts'

/** The columns that every windowed row has after its key. */
export const windowColumns = {
  city: optionalText('City of the station, as its newest reading in the window says.'),
  country: optionalText('Country of the station, as its newest reading in the window says.'),
  windowStart: instant('Instant at which the window begins.'),
  n: count('Number of readings in the window.'),
  expected: count('Number of readings that the cadence of the newest one would give in a window of this length.'),
  coverage: requiredDouble('1', 'Minutes covered by distinct readings / minutes of the window, at most 1.'),
  complete: flag('True once the watermark of the station has reached the end of the window.'),
  revisedAt: optionalInstant('Newest revision among the readings of the window; null when none was revised.'),
  updatedAt: instant('Event time of the newest reading in the window.'),
}
