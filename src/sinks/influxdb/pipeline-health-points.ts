import type { PipelineHealthRow } from '../pipeline-health.ts'
import type { InfluxClient } from './influx-client.ts'
import { escapeTag, fitsTag, nearestTag, quoteField } from './line-text.ts'

const MEASUREMENT = 'pipeline_health'
const MINUTE_MS = 60_000

/**
 * Writes how the pipeline is at a moment (`at`, milliseconds since the epoch): points of the measurement `pipeline_health`, with the tags part,
 * name and partition. One a minute stays of each, with what was so last in it, so that they do not become too many.
 */
export async function writeInfluxPipelineHealth(
  client: InfluxClient,
  rows: readonly PipelineHealthRow[],
  at: number,
): Promise<void> {
  const time = Math.floor(at / MINUTE_MS) * MINUTE_MS
  if (rows.length > 0) await client.write(rows.map((row) => `${head(row)} ${fields(row)} ${time}`))
}

function head({ part, name, partition }: PipelineHealthRow): string {
  const tag = fitsTag(name) ? name : (nearestTag(name) ?? '-')
  return `${MEASUREMENT},name=${escapeTag(tag)},part=${part},partition=${partition}`
}

/** Named as the columns in Postgres; instants in milliseconds since the epoch. */
function fields(row: PipelineHealthRow): string {
  const whole: ReadonlyArray<readonly [string, number | null]> = [
    ['last_event', row.lastEventAt],
    ['last_append', row.lastAppendAt],
    ['lag', row.lag],
    ['late', row.late],
    ['duplicate', row.duplicate],
    ['dead_lettered', row.deadLettered],
    ['heartbeat', row.heartbeatAt],
    ['retries', row.retries],
  ]
  return [
    `state=${quoteField(row.state)}`,
    ...whole.flatMap(([name, value]) => (value === null ? [] : [`${name}=${Math.round(value)}i`])),
    ...(row.rowsPerSecond === null ? [] : [`rows_per_second=${row.rowsPerSecond}`]),
    // An error that is over would stand in this minute's point for as long as nothing takes its place.
    `last_error=${quoteField(row.lastError ?? '')}`,
  ].join(',')
}
