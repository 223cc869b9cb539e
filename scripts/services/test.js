// @ts-check
// Runs the tests under test/services against real servers; arguments go to Vitest.
import { spawn, spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { untilAllEnded } from './end-with-us.js'
import { mayInstallPackages } from './find-tools.js'
import { serviceFile } from './install-once.js'
import { installPackages } from './install-packages.js'
import { prepareServices } from './prepare.js'

const root = serviceFile('../..')
const { resolve } = createRequire(import.meta.url)

/** Whether the Kafka client was compiled. Asked in a process of its own: what failed to load is remembered as such. */
const hasKafkaClient = () => spawnSync(process.execPath, ['-e', 'require("node-rdkafka")'], { cwd: root }).status === 0

function compileKafkaClient() {
  if (mayInstallPackages()) installPackages(['build-essential', 'python3'])
  process.stderr.write('services: compiling node-rdkafka, which takes some minutes\n')
  // Not `npm rebuild` alone: an optional package that could not be compiled is gone from node_modules.
  spawnSync('npm', ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: root, stdio: 'ignore' })
  const { stdout, stderr } = spawnSync('npm', ['rebuild', 'node-rdkafka'], { cwd: root, encoding: 'utf8' })
  if (hasKafkaClient()) return
  throw new Error(
    `node-rdkafka, the Kafka client, could not be compiled. It needs a C++ compiler, make and Python 3; then: npm rebuild node-rdkafka\n${`${stdout}${stderr}`.slice(-4000)}`,
  )
}

/**
 * Runs Vitest until it ends. It is told to end when we are, and ends its servers first.
 * @returns {Promise<number>}
 */
function runVitest() {
  const vitest = join(dirname(resolve('vitest/package.json')), 'vitest.mjs')
  const args = [vitest, 'run', '--config', 'vitest.services.config.ts', ...process.argv.slice(2)]
  const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' })
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => child.kill(signal))
  }
  return new Promise((resolved, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolved(code ?? 128 + (signal === null ? 0 : constants.signals[signal])))
  })
}

try {
  const how = await prepareServices()
  if (how === null) {
    process.stdout.write(
      'services tests: SKIPPED. They need a Docker engine with compose, or Java 17 and Maven (root on Debian or Ubuntu gets these by itself).\n',
    )
  } else {
    if (!hasKafkaClient()) compileKafkaClient()
    process.exitCode = await untilAllEnded(runVitest)
  }
} catch (error) {
  process.stderr.write(`services tests: ${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 3
}
