// @ts-check
import { existsSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'

// Loaded into windrow before it (by NODE_OPTIONS): what asks of an instant which day of the week it is waits until
// the file of TEST_HURRY_FILE is there, or fails in a process that helps, with the code and remedy that the
// environment says.

const SLOW_MS = 0.25
const LOOK_EVERY_MS = 50
const hurryFile = process.env.TEST_HURRY_FILE ?? ''
const { TEST_HELPER_CODE: code, TEST_HELPER_REMEDY: remedy = '' } = process.env
const isHelper = process.argv[1]?.includes('build-helper') === true

if (isMainThread) {
  const failure = isHelper && code !== undefined ? await namedError() : null
  const { getUTCDay } = Date.prototype
  let hurries = false
  let looked = 0
  /** @this {Date} */
  Date.prototype.getUTCDay = function () {
    if (failure !== null) throw failure
    const now = performance.now()
    if (!hurries && now - looked > LOOK_EVERY_MS) {
      hurries = existsSync(hurryFile)
      looked = now
    }
    while (!hurries && performance.now() < now + SLOW_MS) {
      // Nothing else is to happen meanwhile.
    }
    return getUTCDay.call(this)
  }
}

async function namedError() {
  const { WindrowError } = await import('windrow')
  return new WindrowError(/** @type {`WR_${string}`} */ (code), { message: 'It failed over there.', remedy })
}
