import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { cacheFolder, installOnce } from '../../../scripts/services/install-once.js'

let home: string
let recipe: string

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'windrow-cache-'))
  recipe = join(home, 'recipe')
  await writeFile(recipe, 'version 1')
  vi.stubEnv('XDG_CACHE_HOME', home)
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(home, { recursive: true })
})

const fillWith = (text: string) => (folder: string) => writeFile(join(folder, 'server'), text)

test('what is installed is in the user’s cache, and stays', async () => {
  const folder = await installOnce('kafka', recipe, fillWith('first'))
  expect(folder.startsWith(join(home, 'windrow', 'services', 'kafka-'))).toBe(true)
  expect(await installOnce('kafka', recipe, fillWith('second'))).toBe(folder)
  expect(await readFile(join(folder, 'server'), 'utf8')).toBe('first')
})

test('another recipe is installed beside it', async () => {
  const first = await installOnce('kafka', recipe, fillWith('first'))
  await writeFile(recipe, 'version 2')
  const second = await installOnce('kafka', recipe, fillWith('second'))
  expect(await readFile(join(second, 'server'), 'utf8')).toBe('second')
  expect(await readFile(join(first, 'server'), 'utf8')).toBe('first')
})

test('several that install at a time end with one whole folder', async () => {
  const texts = ['a', 'b', 'c', 'd']
  const folders = await Promise.all(texts.map((text) => installOnce('kafka', recipe, fillWith(text))))
  expect(new Set(folders).size).toBe(1)
  expect(texts).toContain(await readFile(join(folders[0] as string, 'server'), 'utf8'))
  expect(await readdir(cacheFolder())).toEqual([basename(folders[0] as string)])
})

test('an installation that fails leaves nothing, and the next one begins anew', async () => {
  const failing = installOnce('kafka', recipe, async (folder) => {
    await fillWith('half')(folder)
    throw new Error('the line is down')
  })
  await expect(failing).rejects.toThrow('the line is down')
  expect(await readdir(cacheFolder())).toEqual([])
  const folder = await installOnce('kafka', recipe, fillWith('whole'))
  expect(await readFile(join(folder, 'server'), 'utf8')).toBe('whole')
})
