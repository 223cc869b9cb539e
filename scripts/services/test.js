// @ts-check
// Runs the tests under test/services against real servers; arguments go to Vitest.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { endWithUs, untilAllEnded } from './end-with-us.js'
import { hasCompiler, mayInstallPackages } from './find-tools.js'
import { serviceFile } from './install-once.js'
import { installPackages } from './install-packages.js'
import { prepareServices } from './prepare.js'
import { killAndRemove, signalGroup } from './server-process.js'

const root = serviceFile('../..')
const { resolve } = createRequire(import.meta.url)

/** Whether the Kafka client was compiled. Asked in a process of its own: what failed to load is remembered as such. */
const hasKafkaClient = () => spawnSync(process.execPath, ['-e', 'require("node-rdkafka")'], { cwd: root }).status === 0

/** Compiles the Kafka client, which `npm ci` left out where it found no compiler. Returns false where none is to be had. */
function compileKafkaClient() {
  if (!hasCompiler()) {
    if (!mayInstallPackages()) return false
    installPackages(['build-essential', 'python3'])
  }
  process.stderr.write('services: compiling node-rdkafka, which takes some minutes\n')
  const npm = (/** @type {readonly string[]} */ ...args) => spawnSync('npm', args, { cwd: root, encoding: 'utf8' })
  // npm removes an optional package that it could not compile.
  if (!existsSync(join(root, 'node_modules', 'node-rdkafka'))) npm('install', '--no-save', '--ignore-scripts')
  const { stdout, stderr } = npm('rebuild', 'node-rdkafka')
  if (!hasKafkaClient()) throw new Error(`node-rdkafka could not be compiled:\n${`${stdout}${stderr}`.slice(-4000)}`)
  return true
}

/**
 * Runs Vitest until it ends, and tells it to end when we are told. Its workers do not end by themselves when it does.
 * @returns {Promise<number>}
 */
function runVitest() {
  const vitest = join(dirname(resolve('vitest/package.json')), 'vitest.mjs')
  const args = [vitest, 'run', '--config', 'vitest.services.config.ts', ...process.argv.slice(2)]
  const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit', detached: true })
  const hasEnded = child.pid === undefined ? () => undefined : endWithUs(killAndRemove(child.pid, null))
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => signalGroup(child, signal))
  }
  return new Promise((resolved, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      signalGroup(child, 'SIGKILL')
      hasEnded()
      resolved(code ?? 128 + (signal === null ? 0 : constants.signals[signal]))
    })
  })
}

/** @param {string} why */
function skip(why) {
  process.stdout.write(`services tests: SKIPPED. ${why} Root on Debian or Ubuntu gets all of this by itself.\n`)
}

try {
  if ((await prepareServices()) === null) skip('They need a Docker engine with compose, or Java 17 and Maven.')
  else if (!hasKafkaClient() && !compileKafkaClient()) skip('They need a C++ compiler, make and Python 3 for node-rdkafka.')
  else process.exitCode = await untilAllEnded(runVitest)
} catch (error) {
  process.stderr.write(`services tests: ${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 3
}
