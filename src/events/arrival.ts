/**
 * How a reading arrived, in one double: when it was first published, and how many records repeat it. Both are whole numbers: seconds since the
 * reading's start, with the number of duplicates in the lowest 10 bits.
 */

/** More duplicates of one reading are not counted. */
export const MOST_DUPLICATES = 1023

const STEP = MOST_DUPLICATES + 1
const SECOND_MS = 1000

/** Of a single record. Years of 1900 to 9999 are seconds enough apart to leave a double its whole numbers. */
export function firstArrival(timestamp: number, ingestedAt: number): number {
  return Math.floor((ingestedAt - timestamp) / SECOND_MS) * STEP
}

/** Of all records of a reading, when one more has come. The same in whatever order the earlier ones did. */
export function arrivalOfBoth(arrival: number, next: number, isDuplicate: boolean): number {
  const duplicates = duplicatesOf(arrival)
  const first = Math.min(arrival - duplicates, next)
  return first + (isDuplicate ? Math.min(MOST_DUPLICATES, duplicates + 1) : duplicates)
}

/** Seconds from a reading's start to the first of its records, rounded down; negative where that came before it. */
export function secondsAfterStart(arrival: number): number {
  return Math.floor(arrival / STEP)
}

/** How many of its records repeat it, at most `MOST_DUPLICATES`. */
export function duplicatesOf(arrival: number): number {
  return arrival - Math.floor(arrival / STEP) * STEP
}
