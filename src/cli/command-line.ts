import { type Command, CommanderError } from 'commander'
import type { CliContext, ExitCode } from './context.ts'
import { buildProgram } from './program.ts'

/** Runs one command line (without `node` and the script's path) and gives its exit code; never rejects. */
export async function runCommandLine(words: readonly string[], context: CliContext): Promise<ExitCode> {
  const outcome: { code: ExitCode } = { code: 0 }
  const program = buildProgram(context, (code) => {
    outcome.code = code
  })
  try {
    await program.parseAsync(commandOf(words, program), { from: 'user' })
    return outcome.code
  } catch (error) {
    // Commander has already printed the help or the mistake with its nearest known word.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    return wasStopped(error, context) ? await stopped(context) : await reported(error, context)
  }
}

/** `help nope` is the mistake that `nope` is: commander would give the help of all, and not say that there is no such command. */
function commandOf(words: readonly string[], program: Command): string[] {
  const [help, name] = words
  const isMistaken =
    help === 'help' &&
    name !== undefined &&
    name !== 'help' &&
    !name.startsWith('-') &&
    !program.commands.some((command) => command.name() === name)
  return isMistaken ? [name] : [...words]
}

function wasStopped(error: unknown, { signal }: CliContext): boolean {
  return signal.aborted && error instanceof Error && error.name === 'AbortError'
}

/** Whoever reads no further has what they wanted; whoever pressed Ctrl-C has not. */
async function stopped({ stdout, stderr }: CliContext): Promise<ExitCode> {
  if (stdout.closed) return 0
  await stderr.write('Stopped before it was done.\n')
  return 3
}

async function reported(error: unknown, context: CliContext): Promise<ExitCode> {
  const [{ reportError }, { environmentRedactor }] = await Promise.all([
    import('./report-error.ts'),
    import('../config/load-config.ts'),
  ])
  return reportError(error, context, environmentRedactor(context.environment, context.folder))
}
