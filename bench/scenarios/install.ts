import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, lstatSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { basename, delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Figure, figure } from '../report/figure.ts'
import type { Scenario } from './scenario.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))

/** What an install needs of the project: the packages' list and what `prepare` builds. */
const needed = ['package.json', 'package-lock.json', '.npmrc', 'bin', 'scripts', 'src', 'tsconfig.json', 'tsconfig.build.json']
/** Without these nothing can be compiled on the machine. */
const compilers = /^(?:.*-)?(?:gcc|g\+\+|cc|c\+\+|clang|clang\+\+|make|gmake|cmake|ninja|python[0-9.]*)(?:-[0-9.]+)?$/

/** Installs a copy of the project, as it is and then with no compiler to be found. */
export const install: Scenario = async ({ folder }) => {
  const figures = await measureInstall(join(folder, 'with'), process.env, 'with a compiler')
  // On Windows compilers are not looked for by PATH alone.
  if (process.platform === 'win32') return figures
  const environment = { ...process.env, PATH: pathWithoutCompilers(join(folder, 'programs')) }
  return [...figures, ...(await measureInstall(join(folder, 'without'), environment, 'without a compiler'))]
}

async function measureInstall(copy: string, environment: NodeJS.ProcessEnv, how: string): Promise<Figure[]> {
  mkdirSync(copy, { recursive: true })
  for (const name of readdirSync(root)) if (needed.includes(name)) cpSync(join(root, name), join(copy, name), { recursive: true })
  const began = performance.now()
  const npm = spawn('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: copy,
    env: environment,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  })
  const [code] = await once(npm, 'close')
  if (code !== 0) throw new Error(`npm ci ${how} ended with exit code ${code}`)
  const seconds = (performance.now() - began) / 1000
  return [
    figure(`${how}, time`, 's', seconds),
    figure(`${how}, node_modules`, 'MB', bytesBelow(join(copy, 'node_modules')) / 1e6),
  ]
}

/** A folder with a link to every program of PATH but compilers and what drives them. */
function pathWithoutCompilers(folder: string): string {
  mkdirSync(folder, { recursive: true })
  const taken = new Set<string>()
  for (const place of (process.env.PATH ?? '').split(delimiter)) {
    for (const program of programsIn(place)) {
      const name = basename(program)
      if (taken.has(name) || compilers.test(name)) continue
      taken.add(name)
      symlinkSync(program, join(folder, name))
    }
  }
  return folder
}

function programsIn(folder: string): string[] {
  try {
    return readdirSync(folder).map((name) => join(folder, name))
  } catch {
    // PATH may name folders that are not there.
    return []
  }
}

function bytesBelow(folder: string): number {
  let bytes = 0
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += lstatSync(join(entry.parentPath, entry.name)).size
  }
  return bytes
}
