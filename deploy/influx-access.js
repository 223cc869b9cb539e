// @ts-check
// The service `influx-access`: sees to it that InfluxDB has its buckets, and gives every service that needs one a token with the least rights.
// Run again it changes nothing that is right.
//   docker compose run --rm influx-access rotate grafana    makes a service's token anew, and takes the old one away
import { readFileSync } from 'node:fs'
import { givenSecret, giveSecret } from './secret-files.js'

const url = process.env.INFLUX_URL ?? 'http://influxdb:8086'
const orgName = process.env.INFLUX_ORG ?? 'windrow'
const views = process.env.INFLUX_BUCKET ?? 'windrow'
const speed = process.env.INFLUX_SPEED_BUCKET ?? 'speed_bucket'
const speedDays = Number(process.env.SPEED_BUCKET_DAYS || '400')
const adminToken = readFileSync(process.env.INFLUX_TOKEN_FILE ?? '/run/secrets/admin_token', 'utf8').trim()

/** Who reads and writes which bucket, and what their file is called. */
const accesses = [
  { consumer: 'telegraf', file: 'influx_speed_token', read: [], write: [speed] },
  { consumer: 'grafana', file: 'influx_grafana_token', read: [views, speed], write: [] },
  { consumer: 'sink-influxdb', file: 'influx_token', read: [views], write: [views] },
  { consumer: 'small', file: 'influx_token', read: [views], write: [views] },
  // A replay that is asked for on its page, or beside it, ends in the stores.
  { consumer: 'server', file: 'influx_token', read: [views], write: [views] },
]

/**
 * @param {'GET' | 'POST' | 'PATCH' | 'DELETE'} method
 * @param {string} path
 * @param {object} [body]
 * @returns {Promise<any>}
 */
async function ask(method, path, body) {
  const answer = await fetch(`${url}/api/v2/${path}`, {
    method,
    headers: { authorization: `Token ${adminToken}`, 'content-type': 'application/json' },
    signal: AbortSignal.timeout(30_000),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`InfluxDB at ${url} answers ${answer.status} to ${method} ${path}: ${text.slice(0, 500)}`)
  return text === '' ? null : JSON.parse(text)
}

/** @returns {Promise<string>} */
async function orgId() {
  const { orgs } = await ask('GET', `orgs?org=${encodeURIComponent(orgName)}`)
  return orgs[0].id
}

/**
 * The id of a bucket that keeps points for so many days, 0 for ever.
 * @param {string} orgID
 * @param {string} name
 * @param {number} days
 * @returns {Promise<string>}
 */
async function bucketId(orgID, name, days) {
  const everySeconds = days * 86_400
  // The name is compared here: of some versions the server's own answer holds more.
  const { buckets } = await ask('GET', `buckets?orgID=${orgID}&limit=100&name=${encodeURIComponent(name)}`).catch((error) => {
    if (/ answers 404 /.test(String(error))) return { buckets: [] }
    throw error
  })
  const found = buckets.find((/** @type {{ name: string }} */ bucket) => bucket.name === name)
  const retentionRules = everySeconds === 0 ? [] : [{ type: 'expire', everySeconds }]
  if (found === undefined) {
    say(`The bucket ${name} is made; it keeps points ${days === 0 ? 'for ever' : `for ${days} days`}.`)
    return (await ask('POST', 'buckets', { orgID, name, retentionRules })).id
  }
  if ((found.retentionRules[0]?.everySeconds ?? 0) !== everySeconds) {
    await ask('PATCH', `buckets/${found.id}`, { retentionRules: [{ type: 'expire', everySeconds }] })
    say(`The bucket ${name} keeps points ${days === 0 ? 'for ever' : `for ${days} days`} from now on.`)
  }
  return found.id
}

/**
 * A right as InfluxDB writes it, as a text that can be compared.
 * @param {{ action: string, resource: { type: string, id?: string, orgID?: string } }} permission
 */
const written = ({ action, resource }) => `${action} ${resource.type} ${resource.id} ${resource.orgID}`

async function main() {
  const [command, ...rotated] = process.argv.slice(2)
  const unknown = rotated.find((name) => !accesses.some(({ consumer }) => consumer === name))
  const isWrong = command !== undefined && (command !== 'rotate' || rotated.length === 0)
  if (isWrong || unknown !== undefined) {
    process.stderr.write(`usage: rotate ${accesses.map(({ consumer }) => consumer).join('|')} …\n`)
    return 2
  }
  if (!Number.isInteger(speedDays) || speedDays < 0) {
    process.stderr.write('SPEED_BUCKET_DAYS is a whole number of days, 0 for ever.\n')
    return 2
  }
  const orgID = await orgId()
  const ids = new Map([
    [views, await bucketId(orgID, views, 0)],
    [speed, await bucketId(orgID, speed, speedDays)],
  ])
  const { authorizations } = await ask('GET', `authorizations?orgID=${orgID}`)
  for (const { consumer, file, read, write } of accesses) {
    const right = (/** @type {string} */ action) => (/** @type {string} */ bucket) => ({
      action,
      resource: { type: 'buckets', id: ids.get(bucket), orgID },
    })
    const permissions = [...read.map(right('read')), ...write.map(right('write'))]
    const description = `windrow: ${consumer}`
    const wanted = permissions.map(written).sort().join()
    const mine = authorizations.filter((/** @type {any} */ each) => each.description === description)
    const given = givenSecret(consumer, file)
    const good = mine.find(
      (/** @type {any} */ each) =>
        each.token === given && each.status === 'active' && each.permissions.map(written).sort().join() === wanted,
    )
    const isKept = good !== undefined && !rotated.includes(consumer)
    if (!isKept) {
      const { token } = await ask('POST', 'authorizations', { orgID, description, permissions })
      giveSecret(consumer, file, token)
      say(
        `${consumer} has a token: ${permissions.map(({ action, resource }) => `${action} ${nameOf(ids, resource.id)}`).join(', ')}.`,
      )
    }
    // Tokens that nobody has any more.
    for (const old of mine) if (!isKept || old.id !== good.id) await ask('DELETE', `authorizations/${old.id}`)
  }
  return 0
}

/** @param {ReadonlyMap<string, string>} ids @param {string | undefined} id */
const nameOf = (ids, id) => [...ids].find(([, each]) => each === id)?.[0]

/** @param {string} text */
function say(text) {
  process.stdout.write(`${text}\n`)
}

process.exitCode = await main()
