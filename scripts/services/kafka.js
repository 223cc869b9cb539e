// @ts-check
import { composeService } from './compose.js'
import { freePorts } from './free-ports.js'
import { howToRun } from './how-to-run.js'
import { startJavaKafka } from './java-kafka.js'
import { knownBrokers } from './known-brokers.js'

/** @typedef {import('./service.js').Kafka} Kafka */
/** @typedef {import('./service.js').KafkaOptions} KafkaOptions */

/**
 * Starts a cluster of brokers on loopback ports and resolves when every one of them answers. Several nodes, a folder that
 * stays, users or more listeners are processes even where a Docker engine is.
 * @param {KafkaOptions} [options]
 * @returns {Promise<Kafka>}
 */
export async function startKafka(options = {}) {
  const { nodes = 1, folder, users, listeners } = options
  const needsProcess = nodes > 1 || folder !== undefined || users !== undefined || listeners !== undefined
  return howToRun() === 'docker' && !needsProcess ? composeKafka(options) : startJavaKafka(options)
}

/**
 * @param {KafkaOptions} options
 * @returns {Promise<Kafka>}
 */
async function composeKafka({ port: wanted, settings = {}, maxHeap = '512m' }) {
  const port = wanted ?? /** @type {number} */ ((await freePorts(1))[0])
  const node = composeService({
    name: 'kafka',
    variables: { PORT_KAFKA: String(port) },
    environment: { KAFKA_HEAP_OPTS: `-Xms256m -Xmx${maxHeap}`, ...environmentOf(settings) },
    isReady: async () => (await knownBrokers(port)) > 0,
  })
  /** @type {Kafka} */
  const kafka = {
    brokers: `127.0.0.1:${port}`,
    listeners: {},
    nodes: [node],
    kill: node.kill,
    start: () => (node.runs ? Promise.resolve() : node.start()),
    stop: node.remove,
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
 * Settings as the image takes them: `log.retention.ms` is KAFKA_LOG_RETENTION_MS.
 * @param {Readonly<Record<string, string>>} settings
 */
function environmentOf(settings) {
  const names = { '.': '_', _: '__', '-': '___' }
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => {
      const written = name.replace(/[._-]/g, (sign) => names[/** @type {keyof typeof names} */ (sign)])
      return [`KAFKA_${written.toUpperCase()}`, value]
    }),
  )
}
