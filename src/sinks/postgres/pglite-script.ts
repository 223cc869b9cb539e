import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** Beside the packages, where neither git nor npm looks: this machine's own. */
const CACHE = new URL('../../../node_modules/.cache/windrow/', import.meta.url)

/**
 * The worker that Node can run: beside this module once it is compiled. Run from source (tests), Node cannot read it, and the test
 * runner's set-up compiles it into the cache.
 */
export function pgliteScript(): URL {
  return import.meta.url.endsWith('.ts') ? new URL('pglite-worker.mjs', CACHE) : new URL('./pglite-worker.js', import.meta.url)
}

/** A new database of this version of PGlite, to copy from: to make one takes seconds. */
export function pgliteTemplate(): URL {
  return new URL(`pglite-${pgliteVersion()}`, CACHE)
}

/** The package exports its code alone, so its own description is found from there. */
function pgliteVersion(): string {
  const main = createRequire(import.meta.url).resolve('@electric-sql/pglite')
  const { version } = JSON.parse(readFileSync(join(dirname(main), '..', 'package.json'), 'utf8')) as { version: string }
  return version
}
