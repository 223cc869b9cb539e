// @ts-check
import pg from 'pg'
import { composeService } from './compose.js'
import { findPostgres } from './find-tools.js'
import { freePorts } from './free-ports.js'
import { howToRun } from './how-to-run.js'
import { postgresUrl, startProcessPostgres } from './process-postgres.js'

/** @typedef {import('./service.js').Postgres} Postgres */
/** @typedef {import('./service.js').PostgresOptions} PostgresOptions */

/** Whether `startPostgres` has something to start here. */
export const hasPostgres = () => howToRun() === 'docker' || findPostgres() !== null

/**
 * Starts a PostgreSQL server on a loopback port, with an empty database `windrow` of a superuser of that name.
 * @param {PostgresOptions} [options]
 * @returns {Promise<Postgres>}
 */
export async function startPostgres(options = {}) {
  const port = options.port ?? /** @type {number} */ ((await freePorts(1))[0])
  const isReady = () => answersSql(port, options)
  return howToRun() === 'docker' ? composePostgres(port, options, isReady) : startProcessPostgres(port, options, isReady)
}

/**
 * Whether a statement is answered.
 * @param {number} port
 * @param {PostgresOptions} options
 */
async function answersSql(port, options) {
  const client = new pg.Client({
    connectionString: postgresUrl(port, options),
    connectionTimeoutMillis: 2_000,
    query_timeout: 2_000,
  })
  // A connection that breaks is told by the statement too.
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query('SELECT 1')
    return true
  } catch {
    // Not yet, or not for long enough: the caller asks again.
    return false
  } finally {
    await client.end().catch(() => undefined)
  }
}

/**
 * @param {number} port
 * @param {PostgresOptions} options
 * @param {() => Promise<boolean>} isReady
 * @returns {Promise<Postgres>}
 */
async function composePostgres(port, { password = null, settings = {} }, isReady) {
  const server = composeService({
    name: 'postgres',
    variables: { PORT_POSTGRES: String(port) },
    environment: { POSTGRES_USER: 'windrow', ...(password === null && { POSTGRES_HOST_AUTH_METHOD: 'trust' }) },
    secrets: {
      superuser_password: password ?? 'none',
      windrow_password: password ?? 'none',
      grafana_password: 'none',
      exporter_password: 'none',
    },
    command: ['postgres', ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    isReady,
  })
  const postgres = {
    url: postgresUrl(port, { password }),
    port,
    kill: server.kill,
    start: server.start,
    end: server.stop,
    log: server.log,
    stop: server.remove,
  }
  try {
    await server.start()
  } catch (error) {
    await postgres.stop()
    throw error
  }
  return postgres
}
