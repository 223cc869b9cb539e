// @ts-check
// What `docker compose up -d` starts, as processes: from docker-compose.yml itself, so that the two cannot differ. Grafana, Kafka's
// page and cAdvisor are not among them: nobody publishes them for npm, Maven, Go or Debian.
import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { installTelegraf } from './build-telegraf.js'
import { startCassandra } from './cassandra.js'
import { asProcess, composeServices } from './compose-file.js'
import { debianProgram } from './debian-programs.js'
import { findPostgres } from './find-tools.js'
import { freePorts } from './free-ports.js'
import { howToRun } from './how-to-run.js'
import { hasInfluxdb, startInfluxdb } from './influxdb.js'
import { serviceFile } from './install-once.js'
import { startKafka } from './kafka.js'
import { hasKafkaExporter, kafkaExporterProgram } from './kafka-exporter.js'
import { hasPostgres, startPostgres } from './postgres.js'
import { hasPostgresExporter, postgresExporterProgram } from './postgres-exporter.js'
import { startRegistry } from './registry.js'
import { serverProcess } from './server-process.js'
import { hasTelegraf } from './telegraf.js'
import { answersHttp } from './until-ready.js'

/** @typedef {import('./service.js').Service} Service */

const execute = promisify(execFile)

/** The processes of windrow by the port that each has in docker-compose.yml. */
const windrow = {
  server: 8000,
  producer: 9464,
  runner: 9464,
  'sink-postgres': 9464,
  'sink-influxdb': 9464,
  'sink-cassandra': 9464,
}

/** Whether `startWhole` has everything to start here. A Docker engine has docker-compose.yml itself. */
export const hasWhole = () =>
  howToRun() === 'java' && hasPostgres() && hasInfluxdb() && hasTelegraf() && debianProgram('prometheus') !== null

/**
 * @typedef {object} Whole
 * @property {string} folder holds `secrets`, `volumes` and the logs
 * @property {Readonly<Record<string, string>>} addresses by the names and ports of docker-compose.yml: `postgres:5432`
 * @property {(consumer: string, file: string) => Promise<string>} secret of a service, by the name of its file
 * @property {Readonly<Record<string, Service>>} processes those of windrow, Telegraf and Prometheus
 * @property {(name: string, ...words: readonly string[]) => Promise<string>} run a service that ends by itself, once more; what it says
 * @property {() => Promise<void>} stop ends all in the reverse order, and removes what it left behind
 */

/**
 * @param {object} [options]
 * @param {Readonly<Record<string, string>>} [options.variables] as .env would give them
 * @param {Readonly<Record<string, readonly string[]>>} [options.more] words at the end of a service's command
 * @returns {Promise<Whole>}
 */
export async function startWhole({ variables = {}, more = {} } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'windrow-whole-'))
  const secrets = join(folder, 'secrets')
  /** @type {(() => Promise<void>)[]} */
  const ends = [() => rm(folder, { recursive: true, force: true })]
  const stop = async () => {
    for (const end of ends.splice(0).reverse()) await end()
  }
  /** @template {{ stop(): Promise<void> }} T @param {Promise<T>} starting */
  const keep = async (starting) => {
    const started = await starting
    ends.push(started.stop)
    return started
  }
  /** @param {string} consumer @param {string} file */
  const secret = (consumer, file) => readFile(join(secrets, consumer, file), 'utf8')
  const services = composeServices(variables)
  /** @type {Record<string, string>} */
  const addresses = await freeAddresses()
  const place = {
    addresses,
    /** @param {string} volume */
    folderOf: (volume) => {
      if (volume === 'secrets') return join(secrets, 'vault')
      return volume.startsWith('secrets-') ? join(secrets, volume.slice('secrets-'.length)) : join(folder, 'volumes', volume)
    },
    places: { './prometheus': join(folder, 'prometheus') },
  }

  /** What ends by itself. @param {string} name @param {readonly string[]} more */
  async function runToItsEnd(name, ...more) {
    const { words, environment } = asProcess(services[name] ?? {}, place)
    const [, script = '', ...args] = words
    const env = { PATH: process.env.PATH, ...environment, SECRETS_DIR: secrets, POSTGRES_ADDRESS: addresses['postgres:5432'] }
    const program = [script.replace('/app', serviceFile('../..')), ...args, ...more]
    return (await execute(process.execPath, program, { env })).stdout
  }

  /** @type {Record<string, Service>} */
  const processes = {}

  /**
   * @param {string} name
   * @param {object} how
   * @param {readonly string[]} how.program and the words before those of docker-compose.yml
   * @param {Readonly<Record<string, string>>} [how.environment] over that of docker-compose.yml
   * @param {readonly string[]} [how.words] behind those of docker-compose.yml
   * @param {(log: () => string) => Promise<boolean>} how.isReady
   */
  async function start(name, { program: [command = '', ...before], environment: own = {}, words: behind = [], isReady }) {
    const { words, environment } = asProcess(services[name] ?? {}, place)
    const service = serverProcess({
      name,
      command,
      args: [...before, ...words, ...behind, ...(more[name] ?? [])],
      env: { PATH: process.env.PATH, ...environment, ...own },
      // Where no .env is.
      cwd: serviceFile('../../deploy/config'),
      logFile: join(folder, `${name}.log`),
      scratch: folder,
      isReady: () => isReady(service.log),
    })
    processes[name] = service
    await keep(service.start().then(() => service))
  }

  try {
    await mkdir(join(folder, 'volumes'))
    await runToItsEnd('init')
    const postgresPort = portOf(addresses['postgres:5432'])
    const superuser = { superuser: 'postgres', password: await secret('postgres', 'superuser_password') }
    const [kafka, registry, , influxdb, cassandra] = await allOf([
      keep(startKafka()),
      keep(startRegistry()),
      keep(startPostgres({ port: postgresPort, ...superuser, fsync: true })),
      keep(
        startInfluxdb({
          token: await secret('influxdb', 'admin_token'),
          password: await secret('influxdb', 'admin_password'),
        }),
      ),
      keep(startCassandra()),
    ])
    addresses['kafka:9094'] = kafka.brokers
    addresses['registry:8080'] = new URL(registry.url).host
    addresses['influxdb:8086'] = new URL(influxdb.url).host
    addresses['cassandra:9042'] = cassandra.contactPoint
    await makeRoles(postgresPort, superuser, join(secrets, 'postgres'))
    await runToItsEnd('influx-access')
    await allOf([
      ...Object.entries(windrow).map(([name, port]) => {
        const address = addresses[`${name}:${port}`]
        const at = String(portOf(address))
        return start(name, {
          program: [process.execPath, serviceFile('../../bin/windrow.js')],
          // What the image sets, and ports that are free.
          environment: {
            WINDROW_HOST: '127.0.0.1',
            WINDROW_DATA_DIR: place.folderOf(name),
            ...(port === 9464 ? { WINDROW_METRICS_PORT: at } : { WINDROW_PORT: at }),
          },
          isReady: () => answersHttp(`http://${address}/health/ready`),
        })
      }),
      start('telegraf', {
        // Its own name is the first word of its command.
        program: ['env', `PATH=${await installTelegraf()}`],
        isReady: async (log) => log().includes('[agent] Config:'),
      }),
    ])
    if (hasPostgresExporter()) {
      const at = addresses['postgres-exporter:9187']
      await start('postgres-exporter', {
        program: [await postgresExporterProgram()],
        words: [`--web.listen-address=${at}`],
        isReady: () => answersHttp(`http://${at}/metrics`),
      })
    } else delete addresses['postgres-exporter:9187']
    if (hasKafkaExporter()) {
      const [host = '', port = ''] = addresses['kafka-exporter:9308']?.split(':') ?? []
      await start('kafka-exporter', {
        program: [await kafkaExporterProgram()],
        environment: { KAFKA_EXPORTER_HOST: host, KAFKA_EXPORTER_PORT: port },
        isReady: () => answersHttp(`http://${host}:${port}/ready`),
      })
    } else delete addresses['kafka-exporter:9308']
    await movePrometheus(join(folder, 'prometheus'), addresses)
    await start('prometheus', {
      program: [/** @type {string} */ (debianProgram('prometheus'))],
      words: [`--web.listen-address=${addresses['prometheus:9090']}`],
      isReady: () => answersHttp(`http://${addresses['prometheus:9090']}/-/ready`),
    })
  } catch (error) {
    await stop()
    throw error
  }
  return { folder, addresses, secret, processes, run: runToItsEnd, stop }
}

/** Of what we say ourselves where it listens. @returns {Promise<Record<string, string>>} */
async function freeAddresses() {
  const names = [
    ...Object.entries(windrow).map(([name, port]) => `${name}:${port}`),
    'postgres:5432',
    'prometheus:9090',
    'postgres-exporter:9187',
    'kafka-exporter:9308',
  ]
  const ports = await freePorts(names.length)
  return Object.fromEntries(names.map((name, i) => [name, `127.0.0.1:${ports[i]}`]))
}

/** @param {string | undefined} address */
const portOf = (address = '') => Number(address.split(':')[1])

/**
 * All of them, or the first error when none is under way any more: what was started is to be ended.
 * @template {readonly unknown[]} T
 * @param {T} promises
 * @returns {Promise<{ [K in keyof T]: Awaited<T[K]> }>}
 */
async function allOf(promises) {
  const settled = await Promise.allSettled(promises)
  const failed = settled.find(({ status }) => status === 'rejected')
  if (failed !== undefined) throw /** @type {PromiseRejectedResult} */ (failed).reason
  return /** @type {any} */ (settled.map((each) => /** @type {PromiseFulfilledResult<unknown>} */ (each).value))
}

/**
 * What the container does at its first start.
 * @param {number} port
 * @param {{ readonly superuser: string, readonly password: string }} as
 * @param {string} secrets
 */
export async function makeRoles(port, { superuser, password }, secrets) {
  await execute('bash', [serviceFile('../../deploy/postgres-roles.sh')], {
    env: {
      PATH: `${findPostgres()}:${process.env.PATH}`,
      PGHOST: '127.0.0.1',
      PGPORT: String(port),
      PGPASSWORD: password,
      POSTGRES_USER: superuser,
      POSTGRES_DB: 'windrow',
      SECRETS: secrets,
    },
  })
}

/**
 * A copy of prometheus/ whose targets are here; those that are not started have none.
 * @param {string} to
 * @param {Readonly<Record<string, string>>} addresses
 */
async function movePrometheus(to, addresses) {
  await cp(serviceFile('../../prometheus'), to, { recursive: true })
  for (const file of await readdir(join(to, 'targets'))) {
    const path = join(to, 'targets', file)
    const own = `localhost:${addresses['prometheus:9090']?.split(':')[1]}`
    const targets = [...(await readFile(path, 'utf8')).matchAll(/[\w-]+:\d+/g)].flatMap(([name]) =>
      name === 'localhost:9090' ? [own] : (addresses[name] ?? []),
    )
    await writeFile(path, JSON.stringify([{ targets }]))
  }
}
