// @ts-check
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { findPython } from './find-tools.js'
import { installedFolder, installOnce, serviceFile } from './install-once.js'

/**
 * Environments of Python that tests look at windrow's work with: the Kafka client of another language, and what the notebook needs.
 * @typedef {'client' | 'notebook'} PythonEnvironment
 */

/** Pinned whole, or what is asked for by name alone, with what that wants. */
const environments = {
  client: { name: 'python', recipe: serviceFile(join('python', 'requirements.txt')), options: ['--no-deps'] },
  notebook: { name: 'notebook', recipe: serviceFile('../../examples/notebook/requirements.txt'), options: [] },
}

/** @param {string} folder */
const pythonIn = (folder) => join(folder, 'bin', 'python')

/**
 * An environment belongs to the Python that made it.
 * @param {PythonEnvironment} which
 * @param {string} version
 */
const nameFor = (which, version) => `${environments[which].name}-${version}`

/**
 * The Python that has an environment's packages, or null where they were not installed.
 * @param {PythonEnvironment} which
 */
export async function pythonWith(which) {
  const version = findPython()
  if (version === null) return null
  const python = pythonIn(installedFolder(nameFor(which, version), environments[which].recipe))
  return existsSync(python) ? python : null
}

/**
 * Installs an environment's packages from PyPI, unless the cache has them. Rejects with what pip said where there is no wheel for this
 * Python and system, or PyPI is not reached.
 * @param {PythonEnvironment} which
 */
export async function installPython(which) {
  const { recipe, options } = environments[which]
  const version = findPython()
  if (version === null) throw new Error('This needs Python 3 with the module venv')
  await installOnce(nameFor(which, version), recipe, async (folder) => {
    process.stderr.write(`services: downloading packages for Python from PyPI (${which})\n`)
    run('python3', ['-m', 'venv', folder])
    run(pythonIn(folder), ['-m', 'pip', 'install', '--quiet', '--only-binary=:all:', ...options, '-r', recipe])
  })
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 */
function run(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error((error?.message ?? `${stdout}${stderr}`).trim())
}
