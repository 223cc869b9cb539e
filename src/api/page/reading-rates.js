// @ts-check

/** @typedef {import('./types.js').Health} Health */
/**
 * How fast readings came, between two times at which they were counted.
 * @typedef {object} Rate
 * @property {number} readings
 * @property {number} spanMs
 */

const MINUTE_MS = 60_000
/** A count that is older is of no use any more. */
export const KEPT_MS = 5 * MINUTE_MS

/**
 * Counts of readings as successive answers tell them, by topic: of the last minutes, for as long as the page has been there.
 * A process that was started anew counts from what it finds, so what came before is forgotten.
 */
export function createReadingRates() {
  /** @type {{ at: number, accepted: Map<string, number> }[]} */
  let counts = []
  let startedAt = ''
  return {
    /** @param {Pick<Health, 'at' | 'started_at' | 'topics'>} health */
    take({ at, started_at, topics }) {
      if (started_at !== startedAt) counts = []
      startedAt = started_at
      const now = Date.parse(at)
      if (now <= (counts.at(-1)?.at ?? Number.NEGATIVE_INFINITY)) return
      counts.push({ at: now, accepted: new Map(topics.map(({ topic, ledger }) => [topic, ledger.accepted])) })
      // One that is older is kept: without it five minutes would be somewhat less.
      while (counts.length > 2 && /** @type {{ at: number }} */ (counts[1]).at <= now - KEPT_MS) counts.shift()
    },
    /**
     * Null until two answers have told.
     * @param {string} topic
     * @param {number} spanMs Over so long, as far as there are answers.
     * @returns {Rate | null}
     */
    of(topic, spanMs) {
      const last = counts.at(-1)
      const first = last === undefined ? undefined : (counts.findLast(({ at }) => at <= last.at - spanMs) ?? counts[0])
      const [before, now] = [first?.accepted.get(topic), last?.accepted.get(topic)]
      if (first === undefined || last === undefined || first === last || before === undefined || now === undefined) return null
      return { readings: Math.max(0, now - before), spanMs: last.at - first.at }
    },
  }
}

/**
 * `1,240 a second`, `12 a minute`, `none`
 * @param {Rate} rate
 */
export function rateText({ readings, spanMs }) {
  if (readings === 0) return 'none'
  const aMinute = (readings * MINUTE_MS) / spanMs
  const plain = (/** @type {number} */ value) => value.toLocaleString('en-GB', { maximumFractionDigits: value < 10 ? 1 : 0 })
  return aMinute >= 120 ? `${plain(aMinute / 60)} a second` : `${plain(aMinute)} a minute`
}
