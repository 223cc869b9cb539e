import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** A child process that runs one of our TypeScript files and prints JSON lines. */
export interface Child {
  readonly pid: number
  /** The next line of that kind, also one that was printed before. Rejects when the child ends first. */
  next<T extends object>(kind: string): Promise<T>
  /** Every line of the kind so far. */
  all<T extends object>(kind: string): T[]
  kill(signal: NodeJS.Signals): void
  /** Resolves when it ended and all it printed was read. */
  readonly ended: Promise<number | null>
}

interface Line {
  readonly kind: string
}

/** Bundles of this process, by source. */
const bundles = new Map<string, Promise<string>>()

/**
 * Bundles the file (a path from the project's root) and runs it in Node: child processes must not depend on a build of
 * the project, nor on anything that runs TypeScript. Packages are taken from node_modules.
 */
export async function startChild(source: string, args: readonly string[]): Promise<Child> {
  const bundled = bundles.get(source) ?? bundle(source)
  bundles.set(source, bundled)
  return watchChild(spawn(process.execPath, [await bundled, ...args], { stdio: ['ignore', 'pipe', 'inherit'] }))
}

async function bundle(source: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(root, source)],
    write: false,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'error',
  })
  const contents = outputFiles[0]?.contents as Uint8Array
  // Named by its contents: the next run finds it, and several at a time do not mind each other.
  const hash = createHash('sha256').update(contents).digest('hex').slice(0, 12)
  const outfile = join(root, 'node_modules', '.windrow-test', `${basename(source, '.ts')}-${hash}.mjs`)
  if (!existsSync(outfile)) {
    mkdirSync(dirname(outfile), { recursive: true })
    writeFileSync(`${outfile}-${process.pid}`, contents)
    renameSync(`${outfile}-${process.pid}`, outfile)
  }
  return outfile
}

function watchChild(child: ChildProcess): Child {
  const lines: Line[] = []
  const taken = new Set<Line>()
  let rest = ''
  let over = false
  let changed: () => void = () => undefined
  let change = new Promise<void>((resolve) => {
    changed = resolve
  })
  const tell = (): void => {
    const told = changed
    change = new Promise((resolve) => {
      changed = resolve
    })
    told()
  }
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n')
    rest = parts.pop() ?? ''
    for (const part of parts) lines.push(JSON.parse(part) as Line)
    tell()
  })
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', (code) => {
      over = true
      tell()
      resolve(code)
    })
  })
  return {
    pid: child.pid as number,
    async next<T extends object>(kind: string): Promise<T> {
      for (;;) {
        const found = lines.find((line) => line.kind === kind && !taken.has(line))
        if (found !== undefined) {
          taken.add(found)
          return found as unknown as T
        }
        if (over) throw new Error(`The child ended without a line of the kind "${kind}"`)
        await change
      }
    },
    all: <T extends object>(kind: string) => lines.filter((line) => line.kind === kind) as unknown as T[],
    kill: (signal) => {
      child.kill(signal)
    },
    ended,
  }
}
