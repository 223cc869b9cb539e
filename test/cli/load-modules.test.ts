import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadModules } from '../../src/cli/load-modules.ts'
import { isWindrowError } from '../../src/core/errors.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'windrow-modules-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function moduleFile(name: string, source: string): string {
  const path = join(folder, name)
  writeFileSync(path, source)
  return path
}

async function codeOf(path: string): Promise<string> {
  const error = await loadModules([path]).catch((thrown: unknown) => thrown)
  if (!isWindrowError(error)) throw new Error('the module was loaded')
  expect(error.message).toContain(path)
  expect(error.kind).toBe('usage')
  return error.code
}

describe('a module of the user', () => {
  test('adds its events and topologies', async () => {
    const path = moduleFile(
      'good.mjs',
      `const event = { name: 'noise', schema: '{}', keyField: 'station_id' }
       export const events = [event]
       export const topologies = [{ name: 'noise-hourly', fingerprint: 'f', event, view: { name: 'noise_hourly' } }]`,
    )
    const [loaded] = await loadModules([path])
    expect(loaded?.events.map(({ name }) => name)).toEqual(['noise'])
    expect(loaded?.topologies.map(({ name }) => name)).toEqual(['noise-hourly'])
  })

  test.each([
    ['throws.mjs', 'throw new Error("not today")', 'WR_MODULE_LOAD'],
    ['syntax.mjs', 'export const = 1', 'WR_MODULE_LOAD'],
    ['empty.mjs', 'export const other = 1', 'WR_MODULE_EXPORTS'],
    ['wrong-events.mjs', 'export const events = { name: "noise" }', 'WR_MODULE_EXPORTS'],
    ['wrong-topologies.mjs', 'export const topologies = [{ name: "x" }]', 'WR_MODULE_EXPORTS'],
  ])('%s that holds `%s` is refused, by its path', async (name, source, code) => {
    expect(await codeOf(moduleFile(name, source))).toBe(code)
  })

  test('that is not there is refused, by its path', async () => {
    expect(await codeOf(join(folder, 'absent.mjs'))).toBe('WR_MODULE_LOAD')
  })
})
