import { isWindrowError, WindrowError } from '../../core/errors.ts'
import type { View } from '../../views/view.ts'
import type { InfluxClient } from './influx-client.ts'
import { forgetsPoints, type InfluxPlace, typeConflict } from './influx-errors.ts'
import { quoteName } from './line-text.ts'
import { type PointPlan, pointPlan } from './point-plan.ts'

/**
 * Length of the shards, which InfluxDB keeps apart by time. Its own default of a week makes a hundred of them of two years, and a delete looks
 * at each: it takes 30 ms then, and 5 ms with these.
 */
const SHARD_SECONDS = 26 * 7 * 86_400

/**
 * Sees to it that the bucket is there and can hold the views for ever. Rejects with what a person has to change: another kind of server, a bucket
 * that forgets, measurements of the views' names that somebody else writes.
 */
export async function prepareBucket(client: InfluxClient, views: readonly View[]): Promise<void> {
  const plans = views.map(pointPlan)
  await checkVersion(client)
  const bucket = (await findBucket(client)) ?? (await makeBucket(client))
  checkRetention(client.place, bucket)
  await lengthenShards(client, bucket)
  // Nothing is written, but the right to do so is asked for.
  await client.write([])
  await checkTypes(client, plans)
}

async function checkVersion(client: InfluxClient): Promise<void> {
  const headers = await client.ping()
  const version = String(headers['x-influxdb-version'] ?? '')
  if (/^v?2\.\d/.test(version)) return
  const { where } = client.place
  throw new WindrowError('WR_INFLUX_VERSION', {
    message:
      version === ''
        ? `what answers at ${where} does not say that it is InfluxDB`
        : `InfluxDB at ${where} is of version ${version.slice(0, 40)}, and windrow writes to version 2`,
    remedy: 'Set INFLUX_URL to the address of an InfluxDB 2 server (2.7 is the one that is tried).',
    facts: { where, version: version.slice(0, 40) },
    kind: 'usage',
  })
}

interface Bucket {
  readonly id: string
  readonly name: string
  readonly retentionRules?: ReadonlyArray<{
    readonly everySeconds?: number
    readonly shardGroupDurationSeconds?: number
  }>
}

const FOR_EVER = { type: 'expire', everySeconds: 0, shardGroupDurationSeconds: SHARD_SECONDS }

async function findBucket(client: InfluxClient): Promise<Bucket | null> {
  const { org, bucket } = client.place
  const query = `org=${encodeURIComponent(org)}&name=${encodeURIComponent(bucket)}`
  try {
    const { buckets = [] } = (await client.ask('GET', `/api/v2/buckets?${query}`)) as { buckets?: readonly Bucket[] }
    return buckets.find(({ name }) => name === bucket) ?? null
  } catch (error) {
    // With a bucket that it does not have the server says the same as with an organisation that it does not have.
    if (isWindrowError(error, 'WR_INFLUX_NOT_FOUND')) return null
    throw error
  }
}

async function makeBucket(client: InfluxClient): Promise<Bucket> {
  const { where, org, bucket } = client.place
  try {
    const answer = await client.ask('GET', `/api/v2/orgs?org=${encodeURIComponent(org)}`)
    const { orgs = [] } = answer as { orgs?: ReadonlyArray<{ readonly id: string; readonly name: string }> }
    const found = orgs.find(({ name, id }) => name === org || id === org)
    const description = 'The views of windrow.'
    const body = { orgID: found?.id, name: bucket, description, retentionRules: [FOR_EVER] }
    return (await client.ask('POST', '/api/v2/buckets', body)) as Bucket
  } catch (error) {
    if (!(error instanceof WindrowError) || error.canRetry || error.code === 'WR_INFLUX_CLOSED') throw error
    throw new WindrowError('WR_INFLUX_BUCKET', {
      message: `InfluxDB (${where}) shows this token no bucket ${bucket} in the organisation ${org}, and it cannot be made: ${error.message}`,
      remedy: `Make it (influx bucket create --org ${org} --name ${bucket} --retention 0), give the token the right to read and write it, and check INFLUX_ORG and INFLUX_BUCKET.`,
      facts: { where, org, bucket },
      kind: 'usage',
      cause: error,
    })
  }
}

function checkRetention(place: InfluxPlace, { retentionRules = [] }: Bucket): void {
  const seconds = Math.max(0, ...retentionRules.map(({ everySeconds = 0 }) => everySeconds))
  if (seconds > 0) throw forgetsPoints(place, `after ${Math.round(seconds / 3600)} hours`)
}

/** Of a bucket that somebody made and nobody has written to. A token that may not change it is no matter. */
async function lengthenShards(client: InfluxClient, { id, retentionRules = [] }: Bucket): Promise<void> {
  const [rule] = retentionRules
  if ((rule?.shardGroupDurationSeconds ?? 0) >= SHARD_SECONDS) return
  for await (const { values } of client.query(['SHOW MEASUREMENTS LIMIT 1'])) if (values.length > 0) return
  try {
    await client.ask('PATCH', `/api/v2/buckets/${encodeURIComponent(id)}`, { retentionRules: [FOR_EVER] })
  } catch (error) {
    if (!(error instanceof WindrowError) || error.canRetry) throw error
  }
}

/** Fields that somebody else wrote with another type would be refused row by row. */
async function checkTypes(client: InfluxClient, plans: readonly PointPlan[]): Promise<void> {
  if (plans.length === 0) return
  const statements = plans.map(({ view }) => `SHOW FIELD KEYS FROM ${quoteName(view.name)}`)
  for await (const { statement, columns, values } of client.query(statements)) {
    const plan = plans[statement]
    if (plan === undefined) continue
    const [nameAt, typeAt] = [columns.indexOf('fieldKey'), columns.indexOf('fieldType')]
    for (const [name, type] of plan.fields) {
      const other = values.find((row) => row[nameAt] === name && row[typeAt] !== type)
      if (other !== undefined) throw typeConflict(client.place, plan.view.name, name, type, String(other[typeAt]))
    }
  }
}
