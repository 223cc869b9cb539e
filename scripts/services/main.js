// @ts-check
// Starts services by hand: node scripts/services/main.js kafka [registry] [postgres] [influxdb] [cassandra] [telegraf] [prometheus] [minio] [kafka-exporter] [postgres-exporter] [--nodes N] [--port N] [--folder DIR]
// Or all that docker-compose.yml has, from packages: node scripts/services/main.js all
// Prints their addresses as settings, and ends them on Ctrl-C or SIGTERM.
import { parseArgs } from 'node:util'
import { startCassandra } from './cassandra.js'
import { startInfluxdb } from './influxdb.js'
import { startKafka } from './kafka.js'
import { startKafkaExporter } from './kafka-exporter.js'
import { startMinio } from './minio.js'
import { startPostgres } from './postgres.js'
import { startPostgresExporter } from './postgres-exporter.js'
import { startPrometheus } from './prometheus.js'
import { startRegistry } from './registry.js'
import { startTelegraf } from './telegraf.js'
import { startWhole } from './whole.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { nodes: { type: 'string' }, port: { type: 'string' }, folder: { type: 'string' }, help: { type: 'boolean' } },
})

/** @typedef {Promise<import('./service.js').Kafka>} Kafka */
/** @typedef {Promise<import('./service.js').Influxdb>} Influxdb */

/** @type {Kafka | undefined} */
let kafka
/** @type {Influxdb | undefined} */
let influxdb

/** @type {Record<string, () => Promise<{ line: string, stop: () => Promise<void> }>>} */
const services = {
  async kafka() {
    kafka = startKafka({
      ...(values.nodes !== undefined && { nodes: Number(values.nodes) }),
      ...(values.port !== undefined && { port: Number(values.port) }),
      ...(values.folder !== undefined && { folder: values.folder }),
    })
    const { brokers, stop } = await kafka
    return { line: `KAFKA_BROKERS=${brokers}`, stop }
  },
  async registry() {
    const { url, stop } = await startRegistry()
    return { line: `SCHEMA_REGISTRY_URL=${url}`, stop }
  },
  async postgres() {
    const { url, stop } = await startPostgres({ ...(values.folder !== undefined && { folder: values.folder }) })
    return { line: `POSTGRES_URL=${url}`, stop }
  },
  async influxdb() {
    influxdb = startInfluxdb()
    const { url, token, org, bucket, stop } = await influxdb
    return { line: `INFLUX_URL=${url}\nINFLUX_TOKEN=${token}\nINFLUX_ORG=${org}\nINFLUX_BUCKET=${bucket}`, stop }
  },
  async cassandra() {
    const { contactPoint, dataCentre, stop } = await startCassandra()
    return { line: `CASSANDRA_CONTACT_POINTS=${contactPoint}\nCASSANDRA_LOCAL_DC=${dataCentre}`, stop }
  },
  async minio() {
    const { url, bucket, accessKeyId, secretAccessKey, stop } = await startMinio()
    const keys = `S3_ACCESS_KEY_ID=${accessKeyId}\nS3_SECRET_ACCESS_KEY=${secretAccessKey}`
    return { line: `LAKE_URL=s3://${bucket}/lake\nS3_ENDPOINT=${url}\n${keys}`, stop }
  },
  async telegraf() {
    // Both were begun: it stands after them.
    const [{ brokers }, target] = await Promise.all([/** @type {Kafka} */ (kafka), /** @type {Influxdb} */ (influxdb)])
    const { bucket, stop } = await startTelegraf({ brokers, influxdb: target })
    return { line: `INFLUX_SPEED_BUCKET=${bucket}`, stop }
  },
  async 'kafka-exporter'() {
    const { url, stop } = await startKafkaExporter({ brokers: process.env.KAFKA_BROKERS ?? '127.0.0.1:9092' })
    return { line: `KAFKA_EXPORTER=${url}/metrics`, stop }
  },
  async 'postgres-exporter'() {
    const postgresUrl = process.env.POSTGRES_URL ?? 'postgres://windrow@127.0.0.1:5432/windrow'
    const { url, stop } = await startPostgresExporter({ postgresUrl })
    return { line: `POSTGRES_EXPORTER=${url}/metrics`, stop }
  },
  /** It scrapes windrow where it listens by default. */
  async prometheus() {
    const { url, stop } = await startPrometheus({ jobs: { windrow: [`127.0.0.1:${process.env.WINDROW_PORT ?? 8000}`] } })
    return { line: `PROMETHEUS_URL=${url}`, stop }
  },
  async all() {
    const { addresses, folder, stop } = await startWhole()
    const lines = Object.entries(addresses).map(([name, address]) => `${name} is at ${address}`)
    return { line: [...lines, `secrets, logs and data are in ${folder} until the end`].join('\n'), stop }
  },
}

const unknown = positionals.filter((name) => services[name] === undefined)
const before = positionals.slice(0, Math.max(0, positionals.indexOf('telegraf')))
const tooEarly = positionals.includes('telegraf') && !(before.includes('kafka') && before.includes('influxdb'))
if (values.help || unknown.length > 0 || positionals.length === 0 || tooEarly) {
  process.stderr.write(
    `usage: node scripts/services/main.js ${Object.keys(services).join('|')} … [--nodes N] [--port N] [--folder DIR]\ntelegraf: after kafka and influxdb\n`,
  )
  process.exit(values.help ? 0 : 2)
}

/** @type {Promise<NodeJS.Signals>} */
const asked = new Promise((resolve) => {
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, resolve)
})
const started = await Promise.all(positionals.map((name) => /** @type {() => Promise<any>} */ (services[name])()))
for (const { line } of started) process.stdout.write(`${line}\n`)
await asked
await Promise.all(started.map(({ stop }) => stop()))
