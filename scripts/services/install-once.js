// @ts-check
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of this user's where what was downloaded stays. */
export const cacheFolder = () => join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'windrow', 'services')

/**
 * A file of scripts/services, wherever this module was compiled to.
 * @param {string} path
 */
export function serviceFile(path) {
  let root = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(root, 'package.json'))) {
    if (dirname(root) === root) throw new Error('This script is not inside the project')
    root = dirname(root)
  }
  return join(root, 'scripts', 'services', path)
}

/**
 * Where `installOnce` puts it; it is there when it was installed.
 * @param {string} name
 * @param {string} recipe
 */
export function installedFolder(name, recipe) {
  const version = createHash('sha256').update(readFileSync(recipe)).digest('hex').slice(0, 8)
  return join(cacheFolder(), `${name}-${version}`)
}

/**
 * The folder where a server is installed, filled by `fill` if it is not there yet. Named by what it is made from, so that another
 * version is another folder. It appears whole or not at all: of several processes that fill it at a time the first one wins.
 * @param {string} name
 * @param {string} recipe path of the file that says what is installed
 * @param {(folder: string) => Promise<void>} fill
 */
export async function installOnce(name, recipe, fill) {
  const folder = installedFolder(name, recipe)
  if (existsSync(folder)) return folder
  await mkdir(cacheFolder(), { recursive: true })
  const begun = await mkdtemp(`${folder}.part-`)
  try {
    await fill(begun)
    await rename(begun, folder)
  } catch (error) {
    if (!existsSync(folder)) throw error
  } finally {
    await rm(begun, { recursive: true, force: true })
  }
  return folder
}
