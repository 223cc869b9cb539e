import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = new URL('../../../', import.meta.url)
const script = new URL('src/sinks/postgres/pglite-script.ts', root)

/** Compiles the child and gives its file. It finds the worker where tests have it. */
export async function buildChild(): Promise<string> {
  const folder = fileURLToPath(new URL('node_modules/.cache/windrow/', root))
  mkdirSync(folder, { recursive: true })
  const outfile = `${folder}postgres-child.${process.pid}.mjs`
  await build({
    entryPoints: [fileURLToPath(new URL('./postgres-child.ts', import.meta.url))],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    define: { 'import.meta.url': JSON.stringify(script.href) },
  })
  return outfile
}

export interface Child {
  readonly process: ChildProcess
  /** The next line that it prints; rejects when it ends first. */
  nextLine(): Promise<string>
  /** The last line that it has printed. */
  lastLine(): string
  /** Kills it at once, and resolves when it is gone. */
  kill(): Promise<void>
}

export function startChild(file: string, dataDir: string): Child {
  const child = spawn(process.execPath, [file, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines: string[] = []
  let last = ''
  let wake: () => void = () => undefined
  let ended = false
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  void gone.then(() => {
    ended = true
    wake()
  })
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
    lines.push(line)
    last = line
    wake()
  })
  return {
    process: child,
    async nextLine() {
      for (;;) {
        const line = lines.shift()
        if (line !== undefined) return line
        if (ended) throw new Error('the child has ended')
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    },
    lastLine: () => last,
    async kill() {
      child.kill('SIGKILL')
      await gone
    },
  }
}
