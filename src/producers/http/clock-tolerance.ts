/** So far apart may this machine's clock and that of an upstream be: servers keep time to the second, an answer is seconds old. */
export const CLOCK_TOLERANCE_MS = 120_000

export const CLOCK_REMEDY = 'Set the clock of this machine: readings are dated and polls are timed by it.'
