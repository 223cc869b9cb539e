// @ts-check
// Who gets which secret, and how it is put where that service alone can read it. Plain Node: it runs in the image and in the tests.
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'

/** In compose a folder of volumes, one a service; each service sees its own as /run/secrets. */
const root = process.env.SECRETS_DIR ?? '/secrets'

/** The ids that the images run as: the first three by their own choice, the others by docker-compose.yml. */
const ids = { postgres: 999, influxdb: 1000, grafana: 472, exporter: 65_534, telegraf: 10_002, windrow: 10_001, root: 0 }

const windrowUrl = (/** @type {(name: string) => string} */ secret) =>
  `postgres://windrow:${secret('postgres-windrow')}@${process.env.POSTGRES_ADDRESS ?? 'postgres:5432'}/windrow`

/**
 * @typedef {object} Consumer
 * @property {number} id user and group that may read its secrets
 * @property {Readonly<Record<string, string | ((secret: (name: string) => string) => string)>>} files by file name: the name of a
 *   secret, or what is made from secrets. Tokens of InfluxDB are not among them: it makes them itself (influx-access.js)
 */

/** @type {Readonly<Record<string, Consumer>>} */
const consumers = {
  postgres: {
    id: ids.postgres,
    files: {
      superuser_password: 'postgres-superuser',
      windrow_password: 'postgres-windrow',
      grafana_password: 'postgres-grafana',
      exporter_password: 'postgres-exporter',
    },
  },
  influxdb: { id: ids.influxdb, files: { admin_password: 'influxdb-admin', admin_token: 'influxdb-admin-token' } },
  'influx-access': { id: ids.root, files: { admin_token: 'influxdb-admin-token' } },
  grafana: {
    id: ids.grafana,
    files: { admin_password: 'grafana-admin', secret_key: 'grafana-secret-key', postgres_grafana_password: 'postgres-grafana' },
  },
  'postgres-exporter': { id: ids.exporter, files: { password: 'postgres-exporter' } },
  telegraf: { id: ids.telegraf, files: {} },
  'sink-postgres': { id: ids.windrow, files: { postgres_url: windrowUrl } },
  'sink-influxdb': { id: ids.windrow, files: {} },
  server: { id: ids.windrow, files: { postgres_url: windrowUrl, api_token: 'windrow-api-token' } },
  small: { id: ids.windrow, files: { postgres_url: windrowUrl, api_token: 'windrow-api-token' } },
}

const secretNames = [
  ...new Set(
    Object.values(consumers).flatMap(({ files }) => Object.values(files).filter((source) => typeof source === 'string')),
  ),
  'postgres-windrow',
]
  .filter((name, at, all) => all.indexOf(name) === at)
  .sort()

/** The names of all secrets that are made here. */
export const allSecrets = () => secretNames

/** Where all of them are kept, for nobody but root. */
const vault = () => folderOf('vault', ids.root)

/** Null where it is not made yet, or lost what it held: nobody is to get an empty password. @param {string} name */
export function readSecret(name) {
  const path = join(vault(), name)
  return (existsSync(path) && readFileSync(path, 'utf8')) || null
}

/** 32 random bytes, as letters that need no quoting anywhere. @param {string} name */
export function makeSecret(name) {
  keep(join(vault(), name), randomBytes(32).toString('base64url'), ids.root)
}

/** Gives every service its own. Resolves to the names of the files that had to be written. */
export function handOut() {
  const secret = (/** @type {string} */ name) => /** @type {string} */ (readSecret(name))
  return Object.entries(consumers).flatMap(([consumer, { files }]) =>
    Object.entries(files).flatMap(([file, source]) => {
      const value = typeof source === 'string' ? secret(source) : source(secret)
      return giveSecret(consumer, file, value) ? [`${consumer}/${file}`] : []
    }),
  )
}

/**
 * @param {string} consumer
 * @param {string} file
 */
export function givenSecret(consumer, file) {
  const path = join(root, consumer, file)
  return existsSync(path) ? readFileSync(path, 'utf8') : null
}

/**
 * Whether it had to be written.
 * @param {string} consumer
 * @param {string} file
 * @param {string} value
 */
export function giveSecret(consumer, file, value) {
  const to = consumers[consumer]
  if (to === undefined) throw new Error(`No service is called ${consumer}`)
  const folder = folderOf(consumer, to.id)
  if (givenSecret(consumer, file) === value) return false
  keep(join(folder, file), value, to.id)
  return true
}

/** Entered by its owner alone. @param {string} name @param {number} id */
function folderOf(name, id) {
  const folder = join(root, name)
  mkdirSync(folder, { recursive: true })
  own(folder, 0o500, id)
  return folder
}

/** Whole or not at all, and never readable for anybody else. @param {string} path @param {string} value @param {number} id */
function keep(path, value, id) {
  const begun = `${path}.new`
  const file = openSync(begun, 'w', 0o600)
  try {
    writeFileSync(file, value)
    // Else a machine that loses its power may know the name and not what it holds.
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  own(begun, 0o400, id)
  renameSync(begun, path)
}

/** Only root can give files away: elsewhere they stay ours. @param {string} path @param {number} mode @param {number} id */
function own(path, mode, id) {
  if (process.getuid?.() === 0) {
    chmodSync(path, mode)
    chownSync(path, id, id)
  } else {
    chmodSync(path, mode | 0o200)
  }
}
