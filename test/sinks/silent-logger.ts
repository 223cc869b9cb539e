import type { Logger } from '../../src/core/logger.ts'

/** Keeps nothing: for tests that look at results. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} }

export interface LoggedLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly facts: object
  readonly message: string
}

/** A logger, and the lines written with it. */
export function recordingLogger(): { logger: Logger; lines: LoggedLine[] } {
  const lines: LoggedLine[] = []
  const write = (level: LoggedLine['level']) => (facts: object, message: string) => void lines.push({ level, facts, message })
  return { logger: { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }, lines }
}
