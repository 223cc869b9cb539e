import { inspect } from 'node:util'
import { isWindrowError, messageOf, WindrowError } from '../core/errors.ts'
import type { CliContext, ExitCode } from './context.ts'
import { styleOf } from './style.ts'

const exitCodes = { found: 1, usage: 2, failure: 3 } as const

/** What an error that is none of ours becomes: nobody foresaw it, so its stack is what helps. */
function unforeseen(error: unknown): WindrowError {
  return new WindrowError('WR_UNFORESEEN', {
    message: messageOf(error),
    remedy: 'Run it again with WINDROW_LOG_LEVEL=debug and report what it prints: this is a fault of windrow.',
    cause: error,
  })
}

/** Prints an error with its code and remedy on stderr and gives the exit code. `redact` takes secrets out of every line. */
export async function reportError(thrown: unknown, context: CliContext, redact: (text: string) => string): Promise<ExitCode> {
  const error = isWindrowError(thrown) ? thrown : unforeseen(thrown)
  const style = styleOf(context.stderr)
  const lines = [`${style.bad(`${error.code}:`)} ${error.message}`, `${style.faint('Remedy:')} ${error.remedy}`]
  if (context.environment.WINDROW_LOG_LEVEL === 'debug' || context.environment.WINDROW_LOG_LEVEL === 'trace') {
    lines.push(inspect(thrown, { depth: 4 }))
  }
  await context.stderr.write(`${redact(lines.join('\n'))}\n`)
  return exitCodes[error.kind]
}
