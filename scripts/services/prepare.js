// @ts-check

import { installInfluxdb } from './build-influxdb.js'
import { installMinio } from './build-minio.js'
import { installTelegraf } from './build-telegraf.js'
import { prepareDebianPrograms } from './debian-programs.js'
import { findJava, findPostgres, findPython, hasGoAndCargo, hasKcat, hasMaven, mayInstallPackages } from './find-tools.js'
import { howToRun } from './how-to-run.js'
import { hasInfluxdb, withoutInfluxdb } from './influxdb.js'
import { installPackages, withoutMainCluster } from './install-packages.js'
import { installCassandra } from './java-cassandra.js'
import { installKafka } from './java-kafka.js'
import { installRegistry } from './java-registry.js'
import { hasKafkaExporter } from './kafka-exporter.js'
import { hasMinio, withoutMinio } from './minio.js'
import { preparePostgresExporter } from './postgres-exporter.js'
import { hasPrometheus } from './prometheus.js'
import { installPython } from './python-environments.js'
import { hasTelegraf, withoutTelegraf } from './telegraf.js'

/**
 * Sees to it that everything the services need is on this machine: resolves to what runs them, or to null where neither a Docker
 * engine nor Java and Maven are to be had. Rejects when something could be installed and was not.
 * @returns {Promise<import('./how-to-run.js').HowToRun | null>}
 */
export async function prepareServices() {
  const how = howToRun()
  if (how === null) return null
  if (mayInstallPackages()) {
    const missing = [
      ...(how === 'java' && findJava() === null ? ['default-jre-headless'] : []),
      ...(how === 'java' && !hasMaven() ? ['maven'] : []),
      ...(hasKcat() ? [] : ['kcat']),
      ...(findPython() === null ? ['python3-venv'] : []),
      ...(how === 'java' && findPostgres() === null ? ['postgresql'] : []),
      ...(how === 'java' && !hasInfluxdb() && hasGoAndCargo() ? ['clang', 'protobuf-compiler'] : []),
    ]
    if (missing.length > 0) withoutMainCluster(() => installPackages(missing))
  }
  if (!hasKcat()) process.stderr.write('services: the tests with kcat are SKIPPED, it is not here\n')
  if (how === 'java' && findPostgres() === null) {
    process.stderr.write('services: the tests with PostgreSQL are SKIPPED, it is not here\n')
  }
  if (!hasInfluxdb()) {
    process.stderr.write('services: the tests with InfluxDB are SKIPPED, it is built with Go, cargo, clang and protoc\n')
  }
  if (how === 'java') {
    if (findJava() === null) throw new Error('The services need Java 17 or newer, and this system has only an older one')
    // One after the other: two Mavens are no faster, and take twice the memory.
    await installKafka()
    await installRegistry()
    if (hasInfluxdb()) await prepareInfluxdb()
    await installCassandra()
  }
  await prepareTelegraf()
  await prepareMinio()
  await prepareDebianPrograms()
  await preparePostgresExporter()
  if (!hasKafkaExporter()) {
    process.stderr.write(
      'services: the test with the exporter of Kafka is SKIPPED, `main.js kafka-exporter` builds it in ten minutes\n',
    )
  }
  if (!hasPrometheus()) process.stderr.write('services: the tests with Prometheus are SKIPPED, it is not here\n')
  await preparePython()
  return how
}

/** Built from the sources of hundreds of packages of two registries: where that fails all else is tested. */
async function prepareInfluxdb() {
  try {
    await installInfluxdb()
  } catch (error) {
    process.env[withoutInfluxdb] = '1'
    const why = error instanceof Error ? error.message : String(error)
    process.stderr.write(`services: the tests with InfluxDB are SKIPPED, it could not be built: ${why}\n`)
  }
}

/** As InfluxDB, which it writes to. */
async function prepareTelegraf() {
  if (!hasInfluxdb()) return
  try {
    if (hasTelegraf()) return void (await installTelegraf())
    process.stderr.write('services: the tests with Telegraf are SKIPPED, it is built with Go\n')
  } catch (error) {
    process.env[withoutTelegraf] = '1'
    const why = error instanceof Error ? error.message : String(error)
    process.stderr.write(`services: the tests with Telegraf are SKIPPED, it could not be built: ${why}\n`)
  }
}

/** Built from sources too. */
async function prepareMinio() {
  try {
    if (hasMinio()) return void (await installMinio())
    process.stderr.write('services: the tests with a bucket (MinIO) are SKIPPED, it is built with Go\n')
  } catch (error) {
    process.env[withoutMinio] = '1'
    const why = error instanceof Error ? error.message : String(error)
    process.stderr.write(`services: the tests with a bucket (MinIO) are SKIPPED, it could not be built: ${why}\n`)
  }
}

/** Other programs only read what windrow wrote: without them all else is tested. */
async function preparePython() {
  for (const [which, tests] of /** @type {const} */ ([
    ['client', 'the tests with a Python client'],
    ['notebook', 'the test of the notebook'],
  ])) {
    try {
      await installPython(which)
    } catch (error) {
      const why = error instanceof Error ? error.message.split('\n').at(-1) : String(error)
      process.stderr.write(`services: SKIPPED: ${tests}, whose packages could not be installed: ${why}\n`)
    }
  }
}
