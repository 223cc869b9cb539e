// Copies what the compiler leaves behind (schemas, the page) next to the compiled code.
// Usage: node scripts/copy-assets.js [output folder, default dist]
import { copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const output = resolve(root, process.argv[2] ?? 'dist')

/** Every file of `from` (with its folders) that ends like one of `endings` goes to the same place under `to`; no endings: all. */
const assets = [
  { from: 'src/events', to: 'events', endings: ['.avsc'] },
  { from: 'src/api/page', to: 'api/page', endings: [] },
]

let copied = 0
for (const { from, to, endings } of assets) {
  const folder = join(root, from)
  if (!existsSync(folder)) continue
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    if (endings.length > 0 && !endings.some((ending) => entry.name.endsWith(ending))) continue
    const source = join(entry.parentPath ?? entry.path, entry.name)
    const target = join(output, to, source.slice(folder.length + 1))
    mkdirSync(dirname(target), { recursive: true })
    copyFileSync(source, target)
    copied += 1
  }
}
process.stderr.write(`copied ${copied} assets to ${output}\n`)
