import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { messageOf } from '../../core/errors.ts'

export interface ProgramOptions {
  readonly path: string
  /** Without secrets: every user of the machine can read them. */
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly stdin: 'ignore' | 'pipe'
  readonly stdout: 'ignore' | 'pipe'
  /** Of what it says on stderr. */
  readonly onLine?: (line: string) => void
  readonly signal: AbortSignal
}

export interface ProgramEnd {
  readonly succeeded: boolean
  /** What it said last that is no progress, in one line. */
  readonly said: string
}

export interface RunningProgram {
  readonly child: ChildProcess
  /** Resolves when it is gone and has said all; never rejects. */
  readonly ended: Promise<ProgramEnd>
}

const KEPT_LINES = 12
/** Until one that was asked to end is ended. */
const PATIENCE_MS = 5_000

/** Starts a program; it is told to end when the signal aborts. */
export function runProgram({ path, args, environment, stdin, stdout, onLine, signal }: ProgramOptions): RunningProgram {
  const child = spawn(path, args, { env: { ...environment }, stdio: [stdin, stdout, 'pipe'] })
  const said: string[] = []
  const lines = createInterface({ input: child.stderr as NonNullable<typeof child.stderr> })
  lines.on('line', (line) => {
    onLine?.(line)
    if (isProgress(line)) return
    said.push(line)
    if (said.length > KEPT_LINES) said.shift()
  })
  // Whoever writes to it, or reads from it, learns of its end from `ended`.
  child.stdin?.on('error', () => undefined)
  const stop = (): void => {
    child.kill('SIGTERM')
    setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS).unref()
  }
  signal.addEventListener('abort', stop)
  const ended = new Promise<ProgramEnd>((resolve) => {
    const end = (succeeded: boolean, why: string): void => {
      signal.removeEventListener('abort', stop)
      resolve({ succeeded, said: [...said, ...(why === '' ? [] : [why])].join(' ').trim() })
    }
    child.once('error', (error) => end(false, messageOf(error)))
    child.once('close', (code, ended) => end(code === 0, ended === null ? '' : `ended by ${ended}`))
  })
  if (signal.aborted) stop()
  return { child, ended }
}

/** With --verbose they say what they do, in the same way as what goes wrong. */
function isProgress(line: string): boolean {
  return /^pg_(?:dump|restore): /.test(line) && !/^pg_(?:dump|restore): (?:error|warning|detail|hint)/.test(line)
}
