// npm leaves out of package-lock.json every optional package whose manifest it could not read (a registry mirror that
// carries one platform only, or an install over an existing node_modules), and `npm ci` then refuses that lock file.
// This puts the missing platform packages back, with the exact version their owner asks for. `--check` only tells.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const path = fileURLToPath(new URL('../package-lock.json', import.meta.url))
const lock = JSON.parse(readFileSync(path, 'utf8'))
const exactVersion = /^\d+\.\d+\.\d+(?:-[\w.]+)?$/

const systems = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32']
const processors = ['arm64', 'arm', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64']

/** What a platform package runs on, read from its name: `@scope/tool-linux-arm64-musl`. */
function platformOf(name) {
  const words = name.split(/[-/]/)
  const os = systems.find((system) => words.includes(system))
  const cpu = processors.find((processor) => words.includes(processor))
  if (os === undefined || cpu === undefined) return null
  const libc = words.some((word) => word.startsWith('musl'))
    ? 'musl'
    : words.some((word) => /^(gnu|glibc)/.test(word))
      ? 'glibc'
      : null
  return { cpu: [cpu], os: [os], ...(libc !== null && os === 'linux' ? { libc: [libc] } : {}) }
}

/** Where npm would look for `name` from the package at `owner`: its own node_modules, then every one above. */
function isLocked(owner, name) {
  for (let folder = owner; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    if (lock.packages[`${folder === '' ? '' : `${folder}/`}node_modules/${name}`] !== undefined) return true
    if (folder === '') return false
  }
}

const added = []
for (const [owner, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (isLocked(owner, name)) continue
    const platform = platformOf(name)
    if (platform === null || !exactVersion.test(version)) continue
    const { cpu, ...rest } = platform
    lock.packages[`node_modules/${name}`] = { version, cpu, ...(entry.dev ? { dev: true } : {}), optional: true, ...rest }
    added.push(`${name}@${version}`)
  }
}

if (process.argv.includes('--check')) {
  if (added.length > 0) {
    process.stderr.write(
      `package-lock.json lacks ${added.length} platform packages (${added[0]} …). Run: node scripts/complete-lockfile.js\n`,
    )
    process.exit(1)
  }
} else if (added.length > 0) {
  const { '': root, ...packages } = lock.packages
  const sorted = Object.keys(packages).sort((a, b) => a.localeCompare(b, 'en'))
  lock.packages = { '': root, ...Object.fromEntries(sorted.map((key) => [key, packages[key]])) }
  writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`)
  process.stdout.write(`package-lock.json: ${added.length} platform packages put back\n`)
}
