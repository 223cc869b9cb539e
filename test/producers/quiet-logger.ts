import type { Logger } from '../../src/core/logger.ts'

export interface LogLine {
  readonly level: keyof Logger
  readonly facts: Readonly<Record<string, unknown>>
  readonly message: string
}

/** Keeps what is logged. */
export function keepingLogger(): Logger & { readonly lines: LogLine[] } {
  const lines: LogLine[] = []
  const at =
    (level: keyof Logger) =>
    (facts: object, message: string): void => {
      lines.push({ level, facts: { ...facts }, message })
    }
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
