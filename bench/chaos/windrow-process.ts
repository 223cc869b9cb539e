import { spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { endWithUs } from '../../scripts/services/end-with-us.js'
import { killAndRemove } from '../../scripts/services/server-process.js'

/** The project's folder: how far up depends on whether this is compiled. */
export const ROOT = rootAbove(dirname(fileURLToPath(import.meta.url)))

function rootAbove(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : rootAbove(dirname(folder))
}

const TOLD_CHARACTERS = 3_000

export interface WindrowOptions {
  /** For people. */
  readonly name: string
  readonly args: readonly string[]
  readonly settings: Readonly<Record<string, string>>
  /** Where its output is appended. */
  readonly logFile: string
  /** True: stdout is ours. */
  readonly prints?: boolean
}

/** The command line in a process of its own, which does not outlive this one. */
export interface WindrowProcess {
  readonly name: string
  readonly runs: boolean
  /** The exit code, or the signal's name. */
  readonly ended: Promise<string>
  signal(signal: NodeJS.Signals): void
  /** Resolves when it is gone. */
  kill(): Promise<void>
  /** The last of what it and those before it with the same log file told. */
  told(): string
}

export function startWindrow({ name, args, settings, logFile, prints = false }: WindrowOptions): WindrowProcess {
  const output = openSync(logFile, 'a')
  const child = spawn(process.execPath, [join(ROOT, 'bin', 'windrow.js'), ...args], {
    env: { ...process.env, ...settings },
    stdio: ['ignore', prints ? 'inherit' : output, output],
    // A group of its own: Ctrl-C reaches us alone, and we end it.
    detached: true,
  })
  closeSync(output)
  const hasEnded = child.pid === undefined ? () => undefined : endWithUs(killAndRemove(child.pid, null))
  let runs = child.pid !== undefined
  const ended = new Promise<string>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      runs = false
      hasEnded()
      resolve(code === null ? String(signal) : `exit code ${code}`)
    })
  })
  return {
    name,
    get runs() {
      return runs
    },
    ended,
    signal: (signal) => void child.kill(signal),
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
    told: () => readFileSync(logFile, 'utf8').slice(-TOLD_CHARACTERS),
  }
}
