// @ts-check
import { isMainThread } from 'node:worker_threads'

// Loaded into windrow before it (by NODE_OPTIONS): what asks of an instant which day of the week it is waits,
// or fails in a process that helps, with the code and remedy that the environment says.

const slowMs = Number(process.env.TEST_SLOW_MS ?? '0.06')
const { TEST_HELPER_CODE: code, TEST_HELPER_REMEDY: remedy = '' } = process.env
const isHelper = process.argv[1]?.includes('build-helper') === true

if (isMainThread) {
  const failure = isHelper && code !== undefined ? await namedError() : null
  const { getUTCDay } = Date.prototype
  /** @this {Date} */
  Date.prototype.getUTCDay = function () {
    if (failure !== null) throw failure
    const end = performance.now() + slowMs
    while (performance.now() < end) {
      // Nothing else is to happen meanwhile.
    }
    return getUTCDay.call(this)
  }
}

async function namedError() {
  const { WindrowError } = await import('windrow')
  return new WindrowError(/** @type {`WR_${string}`} */ (code), { message: 'It failed over there.', remedy })
}
