// @ts-check
import { isMainThread } from 'node:worker_threads'

// Loaded into windrow before it (by NODE_OPTIONS): what asks of an instant which day of the week it is waits, or fails in a process that helps.

const slowMs = Number(process.env.TEST_SLOW_MS ?? '0.06')
const isHelper = process.argv[1]?.includes('build-helper') === true

if (isMainThread) {
  const { getUTCDay } = Date.prototype
  /** @this {Date} */
  Date.prototype.getUTCDay = function () {
    if (isHelper && process.env.TEST_HELPER_FAILS !== undefined) {
      throw Object.assign(new Error(process.env.TEST_HELPER_FAILS), { name: 'TestError' })
    }
    const end = performance.now() + slowMs
    while (performance.now() < end) {
      // Nothing else is to happen meanwhile.
    }
    return getUTCDay.call(this)
  }
}
