// @ts-check
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { findPython } from './find-tools.js'
import { installedFolder, installOnce, serviceFile } from './install-once.js'

const recipe = () => serviceFile(join('python', 'requirements.txt'))
/** An environment belongs to the Python that made it. @param {string} version */
const nameFor = (version) => `python-${version}`
/** @param {string} folder */
const pythonIn = (folder) => join(folder, 'bin', 'python')

/** The Python that has the Kafka client of `python/requirements.txt`, or null where it was not installed. */
export async function pythonWithClient() {
  const version = findPython()
  if (version === null) return null
  const python = pythonIn(installedFolder(nameFor(version), recipe()))
  return existsSync(python) ? python : null
}

/**
 * Installs the client from PyPI into an environment of its own, unless the cache has it. Rejects with what pip said where there is no
 * wheel for this Python and system, or PyPI is not reached.
 */
export async function installPythonClient() {
  const version = findPython()
  if (version === null) throw new Error('This needs Python 3 with the module venv')
  await installOnce(nameFor(version), recipe(), async (folder) => {
    process.stderr.write('services: downloading a Kafka client for Python from PyPI\n')
    run('python3', ['-m', 'venv', folder])
    run(pythonIn(folder), ['-m', 'pip', 'install', '--quiet', '--only-binary=:all:', '--no-deps', '-r', recipe()])
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
