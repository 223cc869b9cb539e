// @ts-check
import { answersCql } from './answers-cql.js'
import { composeService } from './compose.js'
import { freePorts } from './free-ports.js'
import { howToRun } from './how-to-run.js'
import { startJavaCassandra } from './java-cassandra.js'

/** @typedef {import('./service.js').Cassandra} Cassandra */
/** @typedef {import('./service.js').CassandraOptions} CassandraOptions */

/**
 * Starts a Cassandra of one node on a loopback port, and resolves when it takes clients. Users, TLS or settings of cassandra.yaml are
 * processes even where a Docker engine is.
 * @param {CassandraOptions} [options]
 * @returns {Promise<Cassandra>}
 */
export async function startCassandra(options = {}) {
  const needsProcess = options.hasUsers === true || options.tls !== undefined || options.settings !== undefined
  return howToRun() === 'docker' && !needsProcess ? composeCassandra(options) : startJavaCassandra(options)
}

/**
 * @param {CassandraOptions} options
 * @returns {Promise<Cassandra>}
 */
async function composeCassandra({ port: wanted, maxHeap = '320m' }) {
  const port = wanted ?? /** @type {number} */ ((await freePorts(1))[0])
  const node = composeService({
    name: 'cassandra',
    variables: { PORT_CASSANDRA: String(port) },
    environment: { MAX_HEAP_SIZE: maxHeap, HEAP_NEWSIZE: '64m' },
    isReady: () => answersCql(port),
  })
  /** @type {Cassandra} */
  const cassandra = {
    contactPoint: `127.0.0.1:${port}`,
    port,
    dataCentre: 'datacenter1',
    node,
    kill: node.kill,
    start: () => (node.runs ? Promise.resolve() : node.start()),
    stop: node.remove,
  }
  try {
    await node.start()
  } catch (error) {
    await cassandra.stop()
    throw error
  }
  return cassandra
}
