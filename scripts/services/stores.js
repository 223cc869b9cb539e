// @ts-check
import { startCassandra } from './cassandra.js'
import { howToRun } from './how-to-run.js'
import { hasInfluxdb, startInfluxdb } from './influxdb.js'
import { hasPostgres, startPostgres } from './postgres.js'

/**
 * A server that windrow writes views to.
 * @typedef {object} RunningStore
 * @property {StoreName} name
 * @property {Readonly<Record<string, string>>} environment the settings that say where it is
 * @property {(signal?: NodeJS.Signals) => Promise<void>} kill as a service's
 * @property {() => Promise<void>} start again, at the same address
 * @property {() => Promise<void>} stop ends it, and removes what it left behind
 */

/** @typedef {'postgres' | 'influxdb' | 'cassandra'} StoreName */

/** @type {Readonly<Record<StoreName, { isHere: () => boolean, start: () => Promise<RunningStore> }>>} */
export const stores = {
  postgres: {
    isHere: hasPostgres,
    async start() {
      const { url, kill, start, stop } = await startPostgres({ fsync: true })
      return { name: 'postgres', environment: { POSTGRES_URL: url }, kill, start, stop }
    },
  },
  influxdb: {
    isHere: hasInfluxdb,
    async start() {
      const { url, token, org, bucket, kill, start, stop } = await startInfluxdb()
      const environment = { INFLUX_URL: url, INFLUX_TOKEN: token, INFLUX_ORG: org, INFLUX_BUCKET: bucket }
      return { name: 'influxdb', environment, kill, start, stop }
    },
  },
  cassandra: {
    isHere: () => howToRun() !== null,
    async start() {
      const { contactPoint, dataCentre, kill, start, stop } = await startCassandra()
      const environment = { CASSANDRA_CONTACT_POINTS: contactPoint, CASSANDRA_LOCAL_DC: dataCentre }
      return { name: 'cassandra', environment, kill, start, stop }
    },
  },
}

/**
 * Starts every store that is on this machine, all at a time.
 * @returns {Promise<readonly RunningStore[]>}
 */
export async function startStores() {
  const here = Object.values(stores).filter(({ isHere }) => isHere())
  const started = await Promise.allSettled(here.map(({ start }) => start()))
  const failed = started.find((each) => each.status === 'rejected')
  const running = started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
  if (failed === undefined) return running
  await Promise.all(running.map(({ stop }) => stop()))
  throw failed.reason
}

/** @param {readonly RunningStore[]} running */
export const environmentOf = (running) => Object.assign({}, ...running.map(({ environment }) => environment))
