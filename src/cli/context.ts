import type { Environment } from '../config/read-environment.ts'
import type { Output } from './output.ts'

/** 0 done, 1 found something, 2 wrong use or configuration, 3 failed. */
export type ExitCode = 0 | 1 | 2 | 3

/** The surroundings of a command, so that tests can give their own. */
export interface CliContext {
  readonly environment: Environment
  /** The folder that relative paths start from. */
  readonly folder: string
  /** What a program may read. */
  readonly stdout: Output
  /** All the rest. */
  readonly stderr: Output
  /** The terminal behind stderr, for a progress bar; null where there is none. */
  readonly terminal: NodeJS.WriteStream | null
  /** Aborts when the command is to stop: a signal, or nobody reads stdout any longer. */
  readonly signal: AbortSignal
  /** Asks the person at the terminal and gives the answer; null where nobody can be asked. */
  readonly ask: ((question: string) => Promise<string>) | null
}
