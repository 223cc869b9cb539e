// @ts-check
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findJava } from './find-tools.js'
import { freePorts } from './free-ports.js'
import { knownBrokers } from './kafka-answers.js'
import { kafkaProperties } from './kafka-properties.js'
import { mavenFolder } from './maven.js'
import { serverProcess } from './server-process.js'

/** @typedef {import('./service.js').Service} Service */

export const kafkaVersion = '4.3.1'

/** Downloads the broker, unless the cache has it. */
export const installKafka = () => mavenFolder('kafka', 'dependency:copy-dependencies')

/**
 * @typedef {object} KafkaOptions
 * @property {string} [folder] where its data is kept; by default a temporary folder that is removed in the end
 * @property {number} [nodes] brokers of the cluster, 1 unless told otherwise; the first one is the controller too
 * @property {number} [port] of the first broker
 * @property {Readonly<Record<string, string>>} [settings] of server.properties, over ours
 * @property {string} [maxHeap] `512m` unless told otherwise
 */

/**
 * @typedef {object} Kafka
 * @property {string} brokers what KAFKA_BROKERS says
 * @property {readonly Service[]} nodes
 * @property {(signal?: NodeJS.Signals) => Promise<void>} kill all nodes
 * @property {() => Promise<void>} start those nodes that do not run
 * @property {() => Promise<void>} stop ends all that was started, and removes the folder if it was ours
 */

/**
 * Starts a cluster of brokers on loopback ports and resolves when every one of them answers.
 * @param {KafkaOptions} [options]
 * @returns {Promise<Kafka>}
 */
export async function startKafka(options = {}) {
  const java = findJava()
  if (java === null) throw new Error('Kafka needs Java 17 or newer')
  const libs = join(await installKafka(), 'libs')
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'windrow-kafka-')))
  const count = options.nodes ?? 1
  const ports = await freePorts(count + 1)
  if (options.port !== undefined) ports[1] = options.port
  const clusterId = randomBytes(16).toString('base64url')
  const classpath = join(libs, '*')

  const nodes = Array.from({ length: count }, (_, index) => {
    const id = index + 1
    const home = join(folder, `node-${id}`)
    const port = /** @type {number} */ (ports[id])
    const properties = join(home, 'server.properties')
    const settings = options.settings ?? {}
    mkdirSync(home, { recursive: true })
    writeFileSync(
      properties,
      kafkaProperties({ id, nodes: count, home, port, controllerPort: /** @type {number} */ (ports[0]), settings }),
    )
    if (!existsSync(join(home, 'data', 'meta.properties'))) format(java, classpath, properties, clusterId)
    return serverProcess({
      name: `kafka-${id}`,
      command: java,
      args: ['-Xms256m', `-Xmx${options.maxHeap ?? '512m'}`, '-cp', classpath, 'kafka.Kafka', properties],
      logFile: join(home, 'broker.log'),
      isReady: async () => (await knownBrokers(port)) > 0,
    })
  })

  /** @type {Kafka} */
  const kafka = {
    brokers: ports
      .slice(1)
      .map((port) => `127.0.0.1:${port}`)
      .join(','),
    nodes,
    async kill(signal) {
      await Promise.all(nodes.map((node) => node.kill(signal)))
    },
    async start() {
      await Promise.all(nodes.filter((node) => node.pid === null).map((node) => node.start()))
    },
    async stop() {
      const ours = options.folder === undefined
      await Promise.all(nodes.map((node) => (ours ? node.kill('SIGKILL') : node.stop())))
      if (ours) await rm(folder, { recursive: true, force: true })
    },
  }
  try {
    await kafka.start()
  } catch (error) {
    await kafka.stop()
    throw error
  }
  return kafka
}

/**
 * Gives a node's folder the cluster's name.
 * @param {string} java
 * @param {string} classpath
 * @param {string} properties
 * @param {string} clusterId
 */
function format(java, classpath, properties, clusterId) {
  const tool = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-cp', classpath, 'kafka.tools.StorageTool']
  const { status, stdout, stderr } = spawnSync(java, [...tool, 'format', '-t', clusterId, '-c', properties], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`Kafka could not format its folder:\n${stdout}${stderr}`)
}
