import { runCommandLine } from '../../src/cli/command-line.ts'
import type { ExitCode } from '../../src/cli/context.ts'
import type { Output } from '../../src/cli/output.ts'

export interface CapturedOutput extends Output {
  readonly text: string
}

/** Keeps what is written. `columns` null is a pipe. */
export function capture(columns: number | null = null, colours = false): CapturedOutput {
  let text = ''
  return {
    get text() {
      return text
    },
    write: async (more) => {
      text += more
    },
    closed: false,
    columns,
    colours,
  }
}

export interface CommandOutcome {
  readonly code: ExitCode
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command line in this process, in `folder`, with no other environment than the one given; stdout as `capture` has it. */
export async function runCommand(
  folder: string,
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  signal: AbortSignal = new AbortController().signal,
  columns: number | null = null,
): Promise<CommandOutcome> {
  const stdout = capture(columns)
  const stderr = capture()
  const code = await runCommandLine(words, { environment, folder, stdout, stderr, signal, ask: null, terminal: null })
  return { code, stdout: stdout.text, stderr: stderr.text }
}
