// @ts-check
import { isMainThread } from 'node:worker_threads'

// Loaded into windrow before it (by NODE_OPTIONS): when it tells that a replay has reached the step, it dies there, and does nothing more.

const step = process.env.TEST_DIE_AT_STEP

if (isMainThread && step !== undefined) {
  const write = process.stderr.write.bind(process.stderr)
  /** @type {(...args: any[]) => boolean} */
  const writeOrDie = (...args) => {
    if (String(args[0]).includes(`"step":"${step}"`)) process.kill(process.pid, 'SIGKILL')
    return write(.../** @type {[string]} */ (/** @type {unknown} */ (args)))
  }
  process.stderr.write = writeOrDie
}
