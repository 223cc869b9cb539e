// @ts-check
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findJava } from './find-tools.js'
import { freePorts } from './free-ports.js'
import { kafkaProperties } from './kafka-properties.js'
import { knownBrokers } from './known-brokers.js'
import { mavenFolder } from './maven.js'
import { serverProcess } from './server-process.js'

/** @typedef {import('./service.js').Kafka} Kafka */
/** @typedef {import('./service.js').KafkaOptions} KafkaOptions */
/** @typedef {import('./service.js').Service} Service */

const execute = promisify(execFile)

/** Downloads the broker, unless the cache has it. */
export const installKafka = () => mavenFolder('kafka', 'dependency:copy-dependencies')

/**
 * A cluster of brokers that run as processes.
 * @param {KafkaOptions} options
 * @returns {Promise<Kafka>}
 */
export async function startJavaKafka(options) {
  const java = findJava()
  if (java === null) throw new Error('Kafka needs Java 17 or newer')
  const classpath = join(await installKafka(), 'libs', '*')
  const count = options.nodes ?? 1
  const [controllerPort = 0, ...ports] = await freePorts(count + 1)
  if (options.port !== undefined) ports[0] = options.port
  const clusterId = randomBytes(16).toString('base64url')
  const scratch = options.folder === undefined ? await mkdtemp(join(tmpdir(), 'windrow-kafka-')) : null
  const folder = scratch ?? /** @type {string} */ (options.folder)
  /** @type {Service[]} */
  const nodes = []

  /** @type {Kafka} */
  const kafka = {
    brokers: ports.map((port) => `127.0.0.1:${port}`).join(','),
    nodes,
    async kill(signal) {
      await Promise.all(nodes.map((node) => node.kill(signal)))
    },
    async start() {
      await Promise.all(nodes.filter((node) => !node.runs).map((node) => node.start()))
    },
    async stop() {
      await Promise.all(nodes.map((node) => (scratch === null ? node.stop() : node.kill())))
      if (scratch !== null) await rm(scratch, { recursive: true, force: true })
    },
  }
  try {
    const homes = ports.map((port, index) => ({ id: index + 1, port, home: join(folder, `node-${index + 1}`) }))
    const prepared = homes.map(async ({ id, port, home }) => {
      const properties = kafkaProperties({ id, nodes: count, home, port, controllerPort, settings: options.settings ?? {} })
      const file = await prepareHome({ java, classpath, home, properties, clusterId })
      return serverProcess({
        name: `kafka-${id}`,
        command: java,
        args: ['-Xms256m', `-Xmx${options.maxHeap ?? '512m'}`, '-cp', classpath, 'kafka.Kafka', file],
        logFile: join(home, 'broker.log'),
        isReady: async () => (await knownBrokers(port)) > 0,
        scratch,
      })
    })
    nodes.push(...(await Promise.all(prepared)))
    await kafka.start()
  } catch (error) {
    await kafka.stop()
    throw error
  }
  return kafka
}

/**
 * Writes server.properties of a node and, if its folder is new, formats it for the cluster. Returns the file's path.
 * @param {{ java: string, classpath: string, home: string, properties: string, clusterId: string }} options
 */
async function prepareHome({ java, classpath, home, properties, clusterId }) {
  const file = join(home, 'server.properties')
  await mkdir(home, { recursive: true })
  await writeFile(file, properties)
  if (!existsSync(join(home, 'data', 'meta.properties'))) {
    const tool = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-cp', classpath, 'kafka.tools.StorageTool']
    await execute(java, [...tool, 'format', `--cluster-id=${clusterId}`, '-c', file])
  }
  return file
}
