import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommandLine } from '../../src/cli/command-line.ts'
import type { ExitCode } from '../../src/cli/context.ts'
import { type CapturedOutput, type CommandOutcome, capture } from '../cli/run-command.ts'

/** A command that runs until it is stopped, or ends by itself. */
export interface RunningCommand {
  readonly stderr: CapturedOutput
  stop(): Promise<CommandOutcome>
  readonly ended: Promise<CommandOutcome>
}

/** The command line in a folder of its own, with settings of its own. */
export interface CommandLine {
  readonly folder: string
  /** Fails unless the command ends with 0. */
  ok(...words: readonly string[]): Promise<string>
  json<T>(...words: readonly string[]): Promise<T>
  run(...words: readonly string[]): Promise<CommandOutcome>
  start(...words: readonly string[]): RunningCommand
  remove(): Promise<void>
}

export async function commandLine(settings: Readonly<Record<string, string>>): Promise<CommandLine> {
  const folder = await mkdtemp(join(tmpdir(), 'windrow-cli-'))
  const environment = { WINDROW_LOG_LEVEL: 'error', ...settings }
  const start = (...words: readonly string[]): RunningCommand => {
    const stdout = capture()
    const stderr = capture()
    const abort = new AbortController()
    const context = { environment, folder, stdout, stderr, signal: abort.signal, ask: null, terminal: null }
    const ended = runCommandLine(words, context).then((code: ExitCode) => ({ code, stdout: stdout.text, stderr: stderr.text }))
    return {
      stderr,
      ended,
      stop() {
        abort.abort()
        return ended
      },
    }
  }
  const run = (...words: readonly string[]): Promise<CommandOutcome> => start(...words).ended
  const ok = async (...words: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await run(...words)
    if (code !== 0) throw new Error(`windrow ${words.join(' ')} ended with ${code}: ${stdout}${stderr}`)
    return stdout
  }
  return {
    folder,
    run,
    start,
    ok,
    json: async <T>(...words: readonly string[]) => JSON.parse(await ok(...words)) as T,
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

/** Two days of weather, air and energy, over a change of the clock. */
export const TWO_DAYS = [
  ...['produce', '--source', 'simulator', '--from', '2025-03-29', '--to', '2025-03-31'],
  ...['--station', 'sim-paris,sim-sydney,sim-air-paris,sim-air-accra,sim-FR'],
] as const
