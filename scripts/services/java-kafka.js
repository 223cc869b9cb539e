// @ts-check
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { classArchiveFlags } from './class-archive.js'
import { findJava } from './find-tools.js'
import { freePorts } from './free-ports.js'
import { kafkaProperties } from './kafka-properties.js'
import { knownBrokers } from './known-brokers.js'
import { mavenFolder } from './maven.js'
import { serverProcess } from './server-process.js'

/** @typedef {import('./service.js').Kafka} Kafka */
/** @typedef {import('./service.js').KafkaOptions} KafkaOptions */

/** A folder that is new is given the cluster's name first. The broker takes the shell's place, and its pid. */
const formatAndRun = `
java=$1 classpath=$2 home=$3 cluster=$4
shift 4
if [ ! -e "$home/data/meta.properties" ]; then
  "$java" -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp "$classpath" kafka.tools.StorageTool \\
    format --cluster-id="$cluster" -c "$home/server.properties" || exit
fi
exec "$java" "$@" -cp "$classpath" kafka.Kafka "$home/server.properties"`

/**
 * Downloads the broker and makes it quick to start, unless the cache has it.
 * @returns {Promise<Java>}
 */
export async function installKafka() {
  const command = findJava()
  if (command === null) throw new Error('Kafka needs Java 17 or newer')
  const classpath = join(await mavenFolder('kafka', 'dependency:copy-dependencies'), 'libs', '*')
  const flags = await classArchiveFlags({
    java: command,
    classpath,
    rehearse: async (flags) => (await startWith({ command, classpath, flags }, {})).stop(),
  })
  return { command, classpath, flags }
}

/**
 * @typedef {object} Java
 * @property {string} command
 * @property {string} classpath
 * @property {readonly string[]} flags
 */

/**
 * A cluster of brokers that run as processes.
 * @param {KafkaOptions} options
 */
export const startJavaKafka = async (options) => startWith(await installKafka(), options)

/**
 * @param {Java} java
 * @param {KafkaOptions} options
 * @returns {Promise<Kafka>}
 */
async function startWith(java, options) {
  const count = options.nodes ?? 1
  const [controllerPort = 0, ...others] = await freePorts(2 * count + 1)
  const ports = others.slice(0, count)
  const insidePorts = others.slice(count)
  if (options.port !== undefined) ports[0] = options.port
  const heap = ['-Xms256m', `-Xmx${options.maxHeap ?? '512m'}`]
  const clusterId = randomBytes(16).toString('base64url')
  const scratch = options.folder === undefined ? await mkdtemp(join(tmpdir(), 'windrow-kafka-')) : null
  const folder = scratch ?? /** @type {string} */ (options.folder)
  /** @type {import('./service.js').Service[]} */
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
    for (const [index, port] of ports.entries()) {
      const home = join(folder, `node-${index + 1}`)
      await mkdir(home, { recursive: true })
      const insidePort = /** @type {number} */ (insidePorts[index])
      const { users = {}, settings = {} } = options
      const address = { id: index + 1, nodes: count, home, port, insidePort, controllerPort }
      await writeFile(join(home, 'server.properties'), kafkaProperties({ ...address, users, settings }))
      nodes.push(
        serverProcess({
          name: `kafka-${index + 1}`,
          command: 'sh',
          args: ['-c', formatAndRun, 'kafka', java.command, java.classpath, home, clusterId, ...java.flags, ...heap],
          logFile: join(home, 'broker.log'),
          // Who has to authenticate is told nothing before.
          isReady: async () => (await knownBrokers(options.users === undefined ? port : insidePort)) > 0,
          scratch,
        }),
      )
    }
    await kafka.start()
  } catch (error) {
    await kafka.stop()
    throw error
  }
  return kafka
}
