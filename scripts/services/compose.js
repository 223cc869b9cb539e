// @ts-check
import { execFile, execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { endWithUs } from './end-with-us.js'
import { serviceFile } from './install-once.js'
import { untilReady } from './until-ready.js'

/** @typedef {import('./service.js').Service} Service */

const execute = promisify(execFile)

const down = ['down', '--volumes', '--timeout', '0']

/**
 * One service of docker-compose.yml as a project of its own, with nothing of it left when it is removed. It is not started yet.
 * @param {object} options
 * @param {string} options.name the service's name in docker-compose.yml
 * @param {Readonly<Record<string, string>>} options.variables of docker-compose.yml: its ports
 * @param {Readonly<Record<string, string>>} [options.environment] of the container, over that of docker-compose.yml
 * @param {readonly string[]} [options.command] of the container, in place of its image's
 * @param {Readonly<Record<string, string>>} [options.secrets] by file name: what the service `init` would have made
 * @param {() => Promise<boolean>} options.isReady
 * @returns {Service & { remove(): Promise<void> }}
 */
export function composeService({ name, variables, environment = {}, command, secrets = {}, isReady }) {
  const folder = mkdtempSync(join(tmpdir(), 'windrow-compose-'))
  const overrides = join(folder, 'overrides.yml')
  const secretsFolder = join(folder, 'secrets')
  mkdirSync(secretsFolder)
  // The container's user is another one, and these secrets are none.
  for (const path of [folder, secretsFolder]) chmodSync(path, 0o755)
  for (const [file, value] of Object.entries(secrets)) writeFileSync(join(secretsFolder, file), value, { mode: 0o644 })
  // In place of the volume that docker-compose.yml has there.
  const volumes = Object.keys(secrets).length === 0 ? [] : [`${secretsFolder}:/run/secrets:ro`]
  // What a test ends shall stay away until the test starts it.
  writeFileSync(overrides, JSON.stringify({ services: { [name]: { restart: 'no', environment, command, volumes } } }))
  const project = `windrow-test-${process.pid}-${randomBytes(4).toString('hex')}`
  const files = ['-f', serviceFile('../../docker-compose.yml'), '-f', overrides]
  const compose = ['compose', '-p', project, ...files]
  const env = { ...process.env, ...variables }
  let runs = false
  /** @type {() => void} */
  let hasEnded = () => undefined

  /** @param {readonly string[]} args */
  const docker = async (...args) => (await execute('docker', args, { env })).stdout.trim()

  const log = () => execFileSync('docker', [...compose, 'logs', '--no-color', name], { env, encoding: 'utf8' })

  const isUp = async () => (await docker(...compose, 'ps', '-q', '--status', 'running', name)) !== ''

  /** @param {NodeJS.Signals} signal */
  async function kill(signal = 'SIGKILL') {
    if (!runs) return
    if (signal === 'SIGSTOP') await docker(...compose, 'pause', name)
    else if (signal === 'SIGCONT') await docker(...compose, 'unpause', name)
    else {
      const container = await docker(...compose, 'ps', '-q', name)
      await docker('kill', '--signal', signal, container)
      await docker('wait', container)
      runs = false
    }
  }

  return {
    name,
    log,
    kill,
    pid: null,
    get runs() {
      return runs
    },

    async start() {
      if (runs) throw new Error(`${name} runs already`)
      hasEnded()
      hasEnded = endWithUs(['sh', '-c', 'docker "$@" && rm -rf "$0"', folder, ...compose, ...down])
      await docker(...compose, 'up', '-d', '--no-deps', name)
      runs = true
      let up = true
      const asked = async () => {
        up = await isUp()
        return up && (await isReady())
      }
      await untilReady({ name, isReady: asked, runs: () => up, log })
    },

    async stop() {
      if (!runs) return
      await docker(...compose, 'stop', name)
      runs = false
    },

    async remove() {
      await docker(...compose, ...down)
      runs = false
      hasEnded()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
