// @ts-check
// Runs the tests under test/services against real servers; arguments go to Vitest.
import { spawn, spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { endWithUs, untilAllEnded } from './end-with-us.js'
import { serviceFile } from './install-once.js'
import { prepareServices } from './prepare.js'
import { killAndRemove, signalGroup } from './server-process.js'

const root = serviceFile('../..')
const { resolve } = createRequire(import.meta.url)

/** Whether npm could compile the Kafka client, which some tests produce with. */
const hasKafkaClient = () => spawnSync(process.execPath, ['-e', 'require("node-rdkafka")'], { cwd: root }).status === 0

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
  else {
    if (!hasKafkaClient())
      process.stderr.write(
        'services: without node-rdkafka its transactions are not read (npm builds it where it finds a compiler)\n',
      )
    process.exitCode = await untilAllEnded(runVitest)
  }
} catch (error) {
  process.stderr.write(`services tests: ${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 3
}
