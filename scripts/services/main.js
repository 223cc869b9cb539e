// @ts-check
// Starts services by hand: node scripts/services/main.js kafka [registry] [postgres] [influxdb] [cassandra] [prometheus] [--nodes N] [--port N] [--folder DIR]
// Prints their addresses as settings, and ends them on Ctrl-C or SIGTERM.
import { parseArgs } from 'node:util'
import { startCassandra } from './cassandra.js'
import { startInfluxdb } from './influxdb.js'
import { startKafka } from './kafka.js'
import { startPostgres } from './postgres.js'
import { startPrometheus } from './prometheus.js'
import { startRegistry } from './registry.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { nodes: { type: 'string' }, port: { type: 'string' }, folder: { type: 'string' } },
})

/** @type {Record<string, () => Promise<{ line: string, stop: () => Promise<void> }>>} */
const services = {
  async kafka() {
    const { brokers, stop } = await startKafka({
      ...(values.nodes !== undefined && { nodes: Number(values.nodes) }),
      ...(values.port !== undefined && { port: Number(values.port) }),
      ...(values.folder !== undefined && { folder: values.folder }),
    })
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
    const { url, token, org, bucket, stop } = await startInfluxdb()
    return { line: `INFLUX_URL=${url}\nINFLUX_TOKEN=${token}\nINFLUX_ORG=${org}\nINFLUX_BUCKET=${bucket}`, stop }
  },
  async cassandra() {
    const { contactPoint, dataCentre, stop } = await startCassandra()
    return { line: `CASSANDRA_CONTACT_POINTS=${contactPoint}\nCASSANDRA_LOCAL_DC=${dataCentre}`, stop }
  },
  /** It scrapes windrow where it listens by default. */
  async prometheus() {
    const { url, stop } = await startPrometheus({ jobs: { windrow: [`127.0.0.1:${process.env.WINDROW_PORT ?? 8000}`] } })
    return { line: `PROMETHEUS_URL=${url}`, stop }
  },
}

const unknown = positionals.filter((name) => services[name] === undefined)
if (unknown.length > 0 || positionals.length === 0) {
  process.stderr.write(
    `usage: node scripts/services/main.js ${Object.keys(services).join('|')} … [--nodes N] [--port N] [--folder DIR]\n`,
  )
  process.exit(2)
}

/** @type {Promise<NodeJS.Signals>} */
const asked = new Promise((resolve) => {
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, resolve)
})
const started = await Promise.all(positionals.map((name) => /** @type {() => Promise<any>} */ (services[name])()))
for (const { line } of started) process.stdout.write(`${line}\n`)
await asked
await Promise.all(started.map(({ stop }) => stop()))
