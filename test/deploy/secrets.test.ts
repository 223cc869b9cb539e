import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'

const script = fileURLToPath(new URL('../../deploy/make-secrets.js', import.meta.url))
const isRoot = process.getuid?.() === 0

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'windrow-secrets-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function init(...words: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...words], {
    env: { SECRETS_DIR: folder },
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}
const read = (path: string): string => readFileSync(join(folder, path), 'utf8')
const files = (): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort()
const all = (): Readonly<Record<string, string>> => Object.fromEntries(files().map((path) => [path, read(path)]))

test('the first start makes secrets of 32 random bytes, no two of them the same', () => {
  expect(init().status).toBe(0)
  const secrets = files().filter((path) => path.startsWith('vault/'))
  expect(new Set(secrets.map(read)).size).toBe(secrets.length)
  for (const path of secrets) expect(Buffer.from(read(path), 'base64url')).toHaveLength(32)
})

test('each service has files that its own user alone can read', () => {
  init()
  const owners = { postgres: 999, influxdb: 1000, grafana: 472, 'postgres-exporter': 65_534, server: 10_001, vault: 0 }
  for (const [service, id] of Object.entries(owners)) {
    for (const path of [service, ...files().filter((each) => each.startsWith(`${service}/`))]) {
      const { mode, uid } = statSync(join(folder, path))
      expect([path, mode & 0o077]).toEqual([path, 0])
      if (isRoot) expect([path, uid]).toEqual([path, id])
    }
  }
})

test('a later start changes nothing', () => {
  init()
  const before = all()
  expect(init().stdout).toContain('0 secrets were made, and 0 files written')
  expect(all()).toEqual(before)
})

test('what was lost of a service is given to it again, as it was', () => {
  init()
  const before = all()
  rmSync(join(folder, 'grafana'), { recursive: true })
  init()
  expect(all()).toEqual(before)
})

test('a secret that is empty, as a disk without power leaves it, is made anew: nobody gets an empty password', () => {
  init()
  truncateSync(join(folder, 'vault/postgres-windrow'))
  expect(init().stdout).toContain('1 secrets were made')
  expect(read('postgres/windrow_password')).toMatch(/^[\w-]{43}$/)
  expect(read('sink-postgres/postgres_url')).toContain(`:${read('postgres/windrow_password')}@`)
})

test('rotating makes one anew, for all who use it', () => {
  init()
  const before = all()
  expect(init('rotate', 'postgres-grafana').status).toBe(0)
  const after = all()
  const changed = Object.keys(after).filter((path) => after[path] !== before[path])
  expect(changed).toEqual(['grafana/postgres_grafana_password', 'postgres/grafana_password', 'vault/postgres-grafana'])
  expect(read('grafana/postgres_grafana_password')).toBe(read('postgres/grafana_password'))
})

test('show tells the names, and those that are named', () => {
  expect(init('show', 'grafana-admin').stderr).toContain('not made yet')
  init()
  expect(init('show').stdout.trim().split('\n')).toContain('grafana-admin')
  expect(init('show', 'grafana-admin').stdout).toBe(`${read('grafana/admin_password')}\n`)
})

test('what it does not know is refused, and changes nothing', () => {
  init()
  const before = all()
  for (const words of [['show', 'nothing'], ['rotate'], ['rotate', 'nothing'], ['forget']])
    expect([words, init(...words).status]).toEqual([words, 2])
  expect(all()).toEqual(before)
})
