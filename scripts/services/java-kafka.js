// @ts-check
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { classArchiveFlags } from './class-archive.js'
import { findJava } from './find-tools.js'
import { freePorts } from './free-ports.js'
import { kafkaProperties, scramUsers } from './kafka-properties.js'
import { knownBrokers } from './known-brokers.js'
import { mavenFolder } from './maven.js'
import { serverProcess } from './server-process.js'

/** @typedef {import('./service.js').Kafka} Kafka */
/** @typedef {import('./service.js').KafkaOptions} KafkaOptions */

/** A folder that is new is given the cluster's name first. The broker takes the shell's place, and its pid. */
const formatAndRun = `
set -f
java=$1 classpath=$2 home=$3 cluster=$4 users=$5
shift 5
if [ ! -e "$home/data/meta.properties" ]; then
  "$java" -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp "$classpath" kafka.tools.StorageTool \\
    format --cluster-id="$cluster" -c "$home/server.properties" $users || exit
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
  const { users = {}, settings = {}, listeners = {} } = options
  const doors = Object.keys(listeners)
  const [controllerPort = 0, ...others] = await freePorts((2 + doors.length) * count + 1)
  const ports = others.splice(0, count)
  const insidePorts = others.splice(0, count)
  const doorPorts = doors.map(() => others.splice(0, count))
  if (options.port !== undefined) ports[0] = options.port
  const heap = ['-Xms256m', `-Xmx${options.maxHeap ?? '512m'}`]
  const clusterId = randomBytes(16).toString('base64url')
  const scratch = options.folder === undefined ? await mkdtemp(join(tmpdir(), 'windrow-kafka-')) : null
  const folder = scratch ?? /** @type {string} */ (options.folder)
  /** @type {import('./service.js').Service[]} */
  const nodes = []

  /** @type {Kafka} */
  const kafka = {
    brokers: addressesOf(ports),
    listeners: Object.fromEntries(doors.map((name, door) => [name, addressesOf(doorPorts[door] ?? [])])),
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
      const address = { id: index + 1, nodes: count, home, port, insidePort, controllerPort }
      const waysIn = Object.fromEntries(
        Object.entries(listeners).map(([name, listener], door) => [name, { ...listener, port: doorPorts[door]?.[index] ?? 0 }]),
      )
      await writeFile(join(home, 'server.properties'), kafkaProperties({ ...address, users, listeners: waysIn, settings }))
      const known = scramUsers(users).join(' ')
      nodes.push(
        serverProcess({
          name: `kafka-${index + 1}`,
          command: 'sh',
          args: ['-c', formatAndRun, 'kafka', java.command, java.classpath, home, clusterId, known, ...java.flags, ...heap],
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

/** @param {readonly number[]} ports */
const addressesOf = (ports) => ports.map((port) => `127.0.0.1:${port}`).join(',')
