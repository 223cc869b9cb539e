#!/usr/bin/env node
import { existsSync } from 'node:fs'

const main = new URL('../dist/cli/main.js', import.meta.url)
if (existsSync(main)) {
  await import(main.href)
} else {
  process.stderr.write('windrow is not built yet. Run `npm ci` (it builds), or `npm run build`.\n')
  process.exitCode = 2
}
