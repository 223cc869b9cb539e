import { rename } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { pgliteScript } from '../../src/sinks/postgres/pglite-script.ts'

/** Before any test: Node starts worker threads from JavaScript alone, and tests run from source. */
export async function setup(): Promise<void> {
  const script = fileURLToPath(pgliteScript())
  const own = `${script}.${process.pid}.mjs`
  await build({
    entryPoints: [fileURLToPath(new URL('../../src/sinks/postgres/pglite-worker.ts', import.meta.url))],
    outfile: own,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
  })
  await rename(own, script)
}
