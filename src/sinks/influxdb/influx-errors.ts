import { HttpError, RequestTimedOutError } from '@influxdata/influxdb-client'
import { messageOf, WindrowError } from '../../core/errors.ts'

export interface InfluxPlace {
  /** The address without user, password and path. */
  readonly where: string
  readonly org: string
  readonly bucket: string
}

/** Nothing is known of whether the request was carried out. */
export function influxAway({ where }: InfluxPlace, why: string, cause?: unknown): WindrowError {
  return new WindrowError('WR_INFLUX_AWAY', {
    message: `InfluxDB (${where}) cannot be reached: ${why}`,
    remedy: 'Check that it runs and that INFLUX_URL is right. A sink tries again by itself.',
    // Where nobody listens nothing can have arrived.
    facts: { where, wasSent: !(cause instanceof Error && 'code' in cause && cause.code === 'ECONNREFUSED') },
    cause,
    canRetry: true,
  })
}

/** Nothing is known of whether the request was carried out, or will be. */
export function influxTimeout({ where }: InfluxPlace, timeoutMs: number): WindrowError {
  return new WindrowError('WR_INFLUX_TIMEOUT', {
    message: `InfluxDB (${where}) did not answer within ${timeoutMs / 1000} s`,
    remedy: 'Look at the load of its machine and its disk. A sink tries again by itself, with fewer rows at a time.',
    facts: { where, timeoutMs },
    canRetry: true,
    tooMuchAtOnce: true,
  })
}

export function influxBusy({ where }: InfluxPlace, status: number, retryAfterMs: number): WindrowError {
  return new WindrowError('WR_INFLUX_BUSY', {
    message: `InfluxDB (${where}) takes no requests for now (HTTP ${status})`,
    remedy: 'Nothing needs to be done: a sink tries again by itself, not before the server wants it.',
    facts: { where, status, retryAfterMs },
    canRetry: true,
  })
}

export function influxClosed({ where }: InfluxPlace): WindrowError {
  return new WindrowError('WR_INFLUX_CLOSED', {
    message: `the connection to InfluxDB (${where}) has been closed`,
    remedy: 'Open another; nothing uses one that it closed.',
    facts: { where },
  })
}

/** After these nobody knows whether the request was carried out, or will be. */
export function mayBeUnderWay(error: unknown): boolean {
  if (!(error instanceof WindrowError) || !error.canRetry) return false
  return error.code.startsWith('WR_INFLUX_') && error.facts.wasSent !== false
}

/** What an answer that is no success means, or a request that got none. */
export function influxError(place: InfluxPlace, error: unknown): WindrowError {
  if (error instanceof WindrowError) return error
  if (error instanceof RequestTimedOutError) return influxAway(place, 'it did not answer in time', error)
  if (!(error instanceof HttpError)) return influxAway(place, messageOf(error), error)
  return refusal(place, error.statusCode, textOf(error), retryAfterMs(error))
}

function refusal(place: InfluxPlace, status: number, said: string, retryAfter: number): WindrowError {
  const { where, org, bucket } = place
  const facts = { where, org, bucket, status, said }
  const usage = { kind: 'usage', facts } as const
  switch (status) {
    case 401:
      return new WindrowError('WR_INFLUX_TOKEN', {
        message: `InfluxDB (${where}) does not know the token, or it gives no right to this: ${said}`,
        remedy: `Set INFLUX_TOKEN to a token of the organisation ${org} that may read and write the bucket ${bucket}.`,
        ...usage,
      })
    case 403:
      return new WindrowError('WR_INFLUX_FORBIDDEN', {
        message: `the token gives no right to this in InfluxDB (${where}): ${said}`,
        remedy: `Give INFLUX_TOKEN a token that may read and write the bucket ${bucket}.`,
        ...usage,
      })
    case 404:
      return new WindrowError('WR_INFLUX_NOT_FOUND', {
        message: `InfluxDB (${where}) has no organisation ${org} with a bucket ${bucket}, or it is another kind of server: ${said}`,
        remedy: 'Check INFLUX_URL, INFLUX_ORG and INFLUX_BUCKET. A bucket is made by windrow where the token may do that.',
        ...usage,
      })
    case 408:
    case 429:
    case 502:
    case 503:
    case 504:
      return influxBusy(place, status, retryAfter)
    default:
      return new WindrowError('WR_INFLUX_REFUSED', {
        message: `InfluxDB (${where}) answered HTTP ${status}: ${said}`,
        remedy:
          status >= 500
            ? 'Look into the log of InfluxDB. A sink tries again by itself.'
            : 'Check that INFLUX_URL is the address of an InfluxDB 2 server, and not of something before it that changes requests.',
        facts,
        canRetry: status >= 500,
      })
  }
}

/** A request that writes points was refused for what is in it: as the sink's port has it. */
export function writeError(place: InfluxPlace, error: WindrowError): WindrowError {
  const { status, said } = error.facts as { status?: number; said?: string }
  if (error.code !== 'WR_INFLUX_REFUSED' || said === undefined) return error
  const conflict =
    /field type conflict: input field "(.*?)" on measurement "(.*?)" is type (\S+), already exists as type (\S+)/.exec(said)
  if (conflict !== null) {
    const [, field = '', measurement = '', ours = '', theirs = ''] = conflict
    return typeConflict(place, measurement, field, ours, theirs.replace(/\W+$/, ''))
  }
  if (status === 413) return tooLarge(said)
  // Not the row's fault: whoever opens the bucket next says what has to be mended.
  if (/retention policy/.test(said)) return forgetsPoints(place, `by a retention policy (${said})`)
  if (status !== 400 && status !== 422) return error
  return new WindrowError('WR_ROW_REFUSED', {
    message: `InfluxDB refuses a row: ${said}`,
    remedy: 'Correct what the message names, then retry the dead letter: windrow dlq retry.',
    facts: error.facts,
    cause: error,
  })
}

/** `when` ends the sentence. */
export function forgetsPoints({ where, bucket }: InfluxPlace, when: string): WindrowError {
  return new WindrowError('WR_INFLUX_RETENTION', {
    message: `the bucket ${bucket} of InfluxDB (${where}) forgets points ${when}, and views have no end`,
    remedy: 'Let it keep them for ever (influx bucket update --id … --retention 0), or set INFLUX_BUCKET to another bucket.',
    facts: { where, bucket },
    kind: 'usage',
  })
}

function tooLarge(said: string): WindrowError {
  return new WindrowError('WR_ROW_REFUSED', {
    message: `InfluxDB, or something before it, takes no request of this size: ${said}`,
    remedy: 'Raise the largest size of a request there, then retry the dead letter: windrow dlq retry.',
    facts: { status: 413, said },
  })
}

export function typeConflict(
  { where, bucket }: InfluxPlace,
  measurement: string,
  field: string,
  ours: string,
  theirs: string,
): WindrowError {
  return new WindrowError('WR_INFLUX_TYPE_CONFLICT', {
    message: `${measurement}.${field} in the bucket ${bucket} of InfluxDB (${where}) is of type ${theirs} and the view's is ${ours}: something else wrote it`,
    remedy: `Set INFLUX_BUCKET to a bucket of windrow's own, or delete the measurement ${measurement}: windrow fills it from the log.`,
    facts: { where, bucket, measurement, field, ours, theirs },
    kind: 'usage',
  })
}

export function rowRefused(view: string, why: string, facts: Readonly<Record<string, unknown>>): WindrowError {
  return new WindrowError('WR_ROW_REFUSED', {
    message: `InfluxDB cannot hold a row of ${view}: ${why}`,
    remedy: 'The row is in the other stores. Publish the reading anew with a value that line protocol can carry.',
    facts: { view, ...facts },
  })
}

export function viewUnfit(view: string, why: string): WindrowError {
  return new WindrowError('WR_INFLUX_VIEW', {
    message: `${view} cannot be a measurement of InfluxDB: ${why}`,
    remedy:
      'Declare it with a key of texts and one instant, day or month, and without reserved names; or leave influxdb out of its stores.',
    facts: { view },
    kind: 'usage',
  })
}

function textOf(error: HttpError): string {
  const json: unknown = error.json
  if (typeof json === 'object' && json !== null) {
    const { message, error: reason } = json as { message?: unknown; error?: unknown }
    const said = typeof message === 'string' ? message : reason
    if (typeof said === 'string') return said.slice(0, 500)
  }
  return (error.body || error.statusMessage || 'no reason given').slice(0, 500)
}

/** Longest that a server is left alone because it wants it. */
const MOST_WAIT_MS = 10 * 60_000

/** Seconds, or a date. The client's own reading takes the seconds for milliseconds. */
function retryAfterMs(error: HttpError): number {
  const said = String(error.headers?.['retry-after'] ?? '')
  const waitMs = /^\d+$/.test(said) ? Number(said) * 1000 : Date.parse(said) - Date.now()
  return Number.isFinite(waitMs) ? Math.min(MOST_WAIT_MS, Math.max(0, waitMs)) : 0
}

export function fenced(view: string, partition: number): WindrowError {
  return new WindrowError('WR_FENCED', {
    message: `${view}/${partition} in InfluxDB belongs to another owner by now; nothing was written`,
    remedy: 'Nothing needs to be done: the new owner goes on from the stored progress.',
    facts: { view, partition },
  })
}
