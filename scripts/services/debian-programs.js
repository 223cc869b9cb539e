// @ts-check
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { cp, mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { answerOf, mayInstallPackages } from './find-tools.js'
import { installedFolder, installOnce, serviceFile } from './install-once.js'

const list = () => serviceFile(join('debian', 'packages.txt'))

/** Set where they cannot be had, for the processes that we start: none of them is to try it again. */
const without = 'SERVICES_WITHOUT_DEBIAN_PROGRAMS'

/** Where Debian's Alertmanager looks for its templates, whatever it is told. */
const templates = '/usr/share/prometheus/alertmanager'

/** @typedef {'prometheus' | 'promtool' | 'prometheus-alertmanager' | 'amtool'} DebianProgram */

/**
 * The path of a program: the one on the PATH, else the one in the cache, or null.
 * @param {DebianProgram} name
 */
export function debianProgram(name) {
  const unpacked = join(installedFolder('debian', list()), 'usr', 'bin', name)
  if (existsSync(unpacked)) return unpacked
  return answerOf(name, ['--version']) === null ? null : name
}

/** Whether Alertmanager is here, with what it cannot be without. */
export const hasAlertmanager = () => debianProgram('prometheus-alertmanager') !== null && existsSync(templates)

/**
 * Unpacks Debian's packages of `debian/packages.txt` into the cache: installed they would start servers of the system, which nobody
 * asked for. They want nothing but the C library to run, and
 * Alertmanager its templates. Where they cannot be had all else is tested.
 */
export async function prepareDebianPrograms() {
  if (process.env[without] !== undefined || !mayInstallPackages()) return
  try {
    const folder = await installOnce('debian', list(), unpack)
    if (!existsSync(templates)) await cp(join(folder, templates), templates, { recursive: true })
  } catch (error) {
    process.env[without] = '1'
    const why = error instanceof Error ? error.message : String(error)
    process.stderr.write(`services: Prometheus cannot be had: ${why}\n`)
  }
}

/** @param {string} folder */
async function unpack(folder) {
  const names = readFileSync(list(), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
  process.stderr.write(`services: unpacking Debian's ${names.join(', ')}\n`)
  const packages = join(folder, 'packages')
  await mkdir(packages)
  // Another apt-get may be at work: wait for its lock.
  run('apt-get', ['-o', 'DPkg::Lock::Timeout=300', 'update', '-qq'], packages)
  run('apt-get', ['download', '-qq', ...names], packages)
  for (const name of await readdir(packages)) run('dpkg', ['-x', join(packages, name), folder], packages)
  await rm(packages, { recursive: true })
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {string} cwd
 */
function run(command, args, cwd) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  if (status !== 0)
    throw new Error(`${command} ${args.join(' ')} failed:\n${error?.message ?? `${stdout}${stderr}`}`.slice(0, 4000))
}
