// @ts-check
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Installs Debian's packages, as root. Throws with what apt-get said.
 * @param {readonly string[]} names
 */
export function installPackages(names) {
  process.stderr.write(`services: apt-get install ${names.join(' ')}\n`)
  // Another apt-get may be at work: wait for its lock.
  aptGet(['update', '-qq'])
  aptGet(['install', '-y', '-qq', '--no-install-recommends', ...names])
}

/** @param {readonly string[]} args */
function aptGet(args) {
  const { status, stdout, stderr, error } = spawnSync('apt-get', ['-o', 'DPkg::Lock::Timeout=300', ...args], {
    encoding: 'utf8',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })
  if (status !== 0) throw new Error(`apt-get ${args.join(' ')} failed:\n${error?.message ?? `${stdout}${stderr}`}`)
}

/**
 * Keeps Debian's PostgreSQL from starting a server of its own when it is installed.
 * @param {() => void} install
 */
export function withoutMainCluster(install) {
  const file = '/etc/postgresql-common/createcluster.d/windrow-services.conf'
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, 'create_main_cluster = false\n')
  try {
    install()
  } finally {
    rmSync(file)
  }
}
