import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('../../bin/windrow.js', import.meta.url))

/** Whether dist/ is built, which the program needs. */
export const isBuilt = existsSync(fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url)))

export interface WindrowProcess {
  readonly child: ChildProcess
  /** Resolves with the line (of stdout or stderr) that has the text. */
  lineWith(text: string): Promise<string>
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null; readonly output: string }>
}

export interface WindrowProcesses {
  /** Starts the built program with settings and arguments. */
  start(environment: Readonly<Record<string, string>>, ...words: string[]): WindrowProcess
  /** Kills those that have not ended. */
  killAll(): void
}

/** Runs the built program in a folder, with no other settings than those given. */
export function windrowProcesses(folder: () => string): WindrowProcesses {
  const running = new Set<ChildProcess>()
  return {
    start(environment, ...words) {
      const child = spawn(process.execPath, [program, ...words], {
        cwd: folder(),
        env: { PATH: process.env.PATH, HOME: folder(), WINDROW_PORT: '0', WINDROW_LOG_LEVEL: 'info', ...environment },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      running.add(child)
      return watch(child, () => running.delete(child))
    },
    killAll() {
      for (const child of running) child.kill('SIGKILL')
    },
  }
}

function watch(child: ChildProcess, onEnd: () => void): WindrowProcess {
  let output = ''
  const waiting: Array<{ readonly text: string; readonly found: (line: string) => void }> = []
  const take = (chunk: Buffer): void => {
    output += chunk.toString()
    for (const { text, found } of waiting) {
      const line = output.split('\n').find((each) => each.includes(text))
      if (line !== undefined) found(line)
    }
  }
  child.stdout?.on('data', take)
  child.stderr?.on('data', take)
  const ended = once(child, 'close').then(([code, signal]) => {
    onEnd()
    return { code: code as number | null, signal: signal as string | null, output }
  })
  const lineWith = (text: string): Promise<string> =>
    Promise.race([
      new Promise<string>((found) => {
        waiting.push({ text, found })
        take(Buffer.alloc(0))
      }),
      ended.then(({ output: all }) => {
        throw new Error(`it ended without saying ${JSON.stringify(text)}: ${all}`)
      }),
    ])
  return { child, lineWith, ended }
}
