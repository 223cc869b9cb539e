import type { Logger } from '../../src/core/logger.ts'

/** Only what went wrong is told: a benchmark's output is its figures. */
export const quietLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: (_, message) => void process.stderr.write(`${message}\n`),
  error: (_, message) => void process.stderr.write(`${message}\n`),
}
