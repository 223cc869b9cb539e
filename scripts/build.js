// Builds dist/ (or, with an argument, another project file's output): copies what is not code, then compiles what changed.
// Run by `prepare` after an install and by `pretest` before the tests; takes a fraction of a second when nothing changed.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const project = process.argv[2] ?? 'tsconfig.build.json'

function typescriptCompiler() {
  try {
    return createRequire(import.meta.url).resolve('typescript/bin/tsc')
  } catch {
    return null
  }
}

function run(script, args) {
  const { status, error } = spawnSync(process.execPath, [script, ...args], { cwd: root, stdio: 'inherit' })
  if (error) throw error
  if (status !== 0) process.exit(status ?? 1)
}

const compiler = typescriptCompiler()
if (compiler === null) {
  // `npm ci --omit=dev` runs `prepare` too: what was built before is used as it is.
  if (existsSync(join(root, 'dist', 'cli', 'main.js'))) process.exit(0)
  process.stderr.write(
    'windrow cannot be built: TypeScript is not installed. Run `npm ci` (without --omit=dev), then build again.\n',
  )
  process.exit(1)
}
run(join(root, 'scripts', 'copy-assets.js'), process.argv.slice(3))
run(compiler, ['-b', project])
