// @ts-check

/**
 * Rows are read from Postgres, which a sink fills, changes come straight from the log. What was committed before the stream began, but not
 * yet written when the rows were read, is in neither: so rows are read again until a reading began after the sinks had caught up.
 * @param {() => import('./types.js').Health | null} health
 * @param {string[]} views
 */
export function createSettling(health, views) {
  let openedAt = Number.POSITIVE_INFINITY
  let settled = true
  return {
    /** The stream begins (anew). */
    opened() {
      openedAt = performance.now()
      settled = false
    },
    get isSettled() {
      return settled
    },
    /** Whether to read again, asked each time the health was. */
    needsReading() {
      const report = health()
      if (settled || report === null || report.read_at < openedAt) return false
      settled = report.sinks.every(({ sink, view, lag }) => sink !== 'postgres' || lag === 0 || !views.includes(view))
      return true
    },
  }
}
