// @ts-check
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePorts } from './free-ports.js'
import { installedFolder, installOnce, serviceFile } from './install-once.js'
import { serverProcess } from './server-process.js'
import { startInFolder } from './start-in-folder.js'
import { answersHttp } from './until-ready.js'

/** The crate and its version. */
const recipe = () => serviceFile(join('kafka-exporter', 'version.txt'))

/** Whether it was built, which `prepareServices` does not do: it takes ten minutes. */
export const hasKafkaExporter = () => existsSync(installedFolder('kafka-exporter', recipe()))

/** Builds it with cargo unless the cache has it. That takes cmake, clang, and Debian's libsasl2-dev, libcurl4-openssl-dev and libssl-dev. */
const install = () =>
  installOnce('kafka-exporter', recipe(), async (folder) => {
    const [name = '', version = ''] = readFileSync(recipe(), 'utf8').trim().split(' ')
    process.stderr.write(`services: building ${name} from its sources, which takes ten minutes, once\n`)
    const args = ['install', name, '--version', version, '--locked', '--root', folder, '--target-dir', join(folder, 'target')]
    await new Promise((resolve, reject) => {
      const child = spawn('nice', ['-n', '10', 'cargo', ...args], { stdio: ['ignore', 'ignore', 'inherit'] })
      child.once('error', reject)
      child.once('close', (code) => (code === 0 ? resolve(undefined) : reject(new Error(`cargo install ${name} failed`))))
    })
    await rm(join(folder, 'target'), { recursive: true, force: true })
  })

/** The path of the program. */
export const kafkaExporterProgram = async () => join(await install(), 'bin', 'klag-exporter')

/**
 * Starts the exporter of a Kafka cluster on a loopback port, as deploy/kafka-exporter.toml has it but for the address and the times.
 * @param {{ readonly brokers: string }} options
 * @returns {Promise<import('./service.js').Exporter>}
 */
export async function startKafkaExporter({ brokers }) {
  const command = await kafkaExporterProgram()
  const folder = await mkdtemp(join(tmpdir(), 'windrow-kafka-exporter-'))
  const port = /** @type {number} */ ((await freePorts(1))[0])
  const url = `http://127.0.0.1:${port}`
  const file = join(folder, 'config.toml')
  const ours = readFileSync(serviceFile('../../deploy/kafka-exporter.toml'), 'utf8').replace('"30s"', '"1s"')
  await writeFile(file, ours)
  const server = serverProcess({
    name: 'kafka-exporter',
    command,
    args: ['--config', file],
    env: { ...process.env, KAFKA_BROKERS: brokers, KAFKA_EXPORTER_HOST: '127.0.0.1', KAFKA_EXPORTER_PORT: String(port) },
    logFile: join(folder, 'kafka-exporter.log'),
    scratch: folder,
    isReady: () => answersHttp(`${url}/ready`),
  })
  const stop = await startInFolder(server, folder)
  return { url, kill: server.kill, start: server.start, log: server.log, stop }
}
