// @ts-check
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { answersCql } from './answers-cql.js'
import { writeCassandraConf } from './cassandra-conf.js'
import { classArchiveFlags } from './class-archive.js'
import { findJava } from './find-tools.js'
import { freePorts } from './free-ports.js'
import { mavenFolder } from './maven.js'
import { serverProcess } from './server-process.js'

/** @typedef {import('./service.js').Cassandra} Cassandra */
/** @typedef {import('./service.js').CassandraOptions} CassandraOptions */

const TRIES = 3

/** What of Java's own modules Cassandra uses beyond what they give to everybody. */
const exports = [
  'java.base/jdk.internal.misc',
  'java.base/java.lang.ref',
  'java.base/java.lang.reflect',
  'java.management.rmi/com.sun.jmx.remote.internal.rmi',
  'java.rmi/sun.rmi.registry',
  'java.rmi/sun.rmi.server',
  'java.rmi/sun.rmi.transport',
  'java.rmi/sun.rmi.transport.tcp',
  'java.sql/java.sql',
  'jdk.unsupported/sun.misc',
  'jdk.compiler/com.sun.tools.javac.file',
]
const opens = [
  'java.base/java.io',
  'java.base/java.lang',
  'java.base/java.lang.module',
  'java.base/java.lang.reflect',
  'java.base/java.net',
  'java.base/java.nio',
  'java.base/java.util',
  'java.base/java.util.concurrent',
  'java.base/java.util.concurrent.atomic',
  'java.base/jdk.internal.loader',
  'java.base/jdk.internal.ref',
  'java.base/jdk.internal.reflect',
  'java.base/jdk.internal.math',
  'java.base/jdk.internal.module',
  'java.base/jdk.internal.util.jar',
  'java.base/sun.nio.ch',
  'jdk.management/com.sun.management.internal',
  'jdk.compiler/com.sun.tools.javac',
]
const moduleFlags = [
  ...exports.map((name) => `--add-exports=${name}=ALL-UNNAMED`),
  ...opens.map((name) => `--add-opens=${name}=ALL-UNNAMED`),
]

/**
 * Downloads Cassandra and makes it quick to start, unless the cache has it.
 * @returns {Promise<Java>}
 */
export async function installCassandra() {
  const command = findJava()
  if (command === null) throw new Error('Cassandra needs Java 17')
  const classpath = join(await mavenFolder('cassandra', 'dependency:copy-dependencies'), 'libs', '*')
  const flags = await classArchiveFlags({
    java: command,
    classpath,
    rehearse: async (flags) => (await startWith({ command, classpath, flags }, {}, 'SIGTERM')).stop(),
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
 * A Cassandra of one node that runs as a process.
 * @param {CassandraOptions} options
 */
export async function startJavaCassandra(options) {
  const java = await installCassandra()
  for (let tries = 1; ; tries++) {
    try {
      return await startWith(java, options, 'SIGKILL')
    } catch (error) {
      // It binds its ports seconds after they were chosen: another process may have been quicker.
      if (tries === TRIES || !(error instanceof Error) || !error.message.includes('is in use by another process')) throw error
    }
  }
}

/**
 * @param {Java} java
 * @param {CassandraOptions} options
 * @param {'SIGKILL' | 'SIGTERM'} ending how it is ended at last: nothing of it is needed any more, but a list of classes is written in order
 * @returns {Promise<Cassandra>}
 */
async function startWith(java, options, ending) {
  const home = await mkdtemp(join(tmpdir(), 'windrow-cassandra-'))
  const [freePort = 0, storagePort = 0] = await freePorts(2)
  const port = options.port ?? freePort
  const { hasUsers = false, tls, settings = {}, maxHeap = '320m' } = options
  await writeCassandraConf({ home, port, storagePort, hasUsers, tls, settings })
  const properties = {
    'cassandra.config': `file://${join(home, 'cassandra.yaml')}`,
    'logback.configurationFile': join(home, 'logback.xml'),
    'cassandra.storagedir': home,
    'cassandra.ring_delay_ms': '100',
    'cassandra.skip_wait_for_gossip_to_settle': '0',
    'cassandra.superuser_setup_delay_ms': '0',
    'cassandra-foreground': 'yes',
    'jdk.attach.allowAttachSelf': 'true',
    'java.net.preferIPv4Stack': 'true',
    'io.netty.eventLoopThreads': '4',
  }
  const server = serverProcess({
    name: 'cassandra',
    command: java.command,
    args: [
      ...java.flags,
      '-Xms256m',
      `-Xmx${maxHeap}`,
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1',
      '-XX:+ExitOnOutOfMemoryError',
      ...moduleFlags,
      ...Object.entries(properties).map(([name, value]) => `-D${name}=${value}`),
      '-cp',
      java.classpath,
      'org.apache.cassandra.service.CassandraDaemon',
    ],
    logFile: join(home, 'cassandra.log'),
    scratch: home,
    isReady: () => answersCql(port),
  })
  /** @type {Cassandra} */
  const cassandra = {
    contactPoint: `127.0.0.1:${port}`,
    port,
    dataCentre: 'datacenter1',
    node: server,
    kill: server.kill,
    start: () => (server.runs ? Promise.resolve() : server.start()),
    async stop() {
      if (ending === 'SIGTERM') await server.stop()
      else await server.kill()
      await rm(home, { recursive: true, force: true })
    },
  }
  try {
    await server.start()
  } catch (error) {
    await cassandra.stop()
    throw error
  }
  return cassandra
}
