import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { InfluxDB, type SendOptions } from '@influxdata/influxdb-client'
import { WindrowError } from '../../core/errors.ts'
import { type InfluxPlace, influxBusy, influxClosed, influxError, influxTimeout, writeError } from './influx-errors.ts'
import { type InfluxTable, influxTables } from './influx-tables.ts'
import { quoteText } from './line-text.ts'

export interface InfluxOptions {
  readonly url: string
  readonly token: string
  readonly org: string
  readonly bucket: string
  /** PEM of the authorities to trust, instead of those of Node. */
  readonly ca?: string
  /** Without an answer, or anything more of it, for so long a request is given up. */
  readonly timeoutMs?: number
  readonly monotonic?: () => number
}

export interface DeletedRange {
  readonly measurement: string
  /** Names and texts of tags that a point has to have. */
  readonly tags: ReadonlyArray<readonly [string, string]>
  /** Milliseconds since the epoch, both inclusive. */
  readonly from: number
  readonly to: number
}

const DEFAULT_TIMEOUT_MS = 30_000
/** Rows of an answer that come together. */
const CHUNK_ROWS = 5_000
const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' }

/**
 * Requests to an InfluxDB 2 server, over the transport of its client: each is sent once, and resolves when the server has acknowledged it. The
 * client's own WriteApi is not used: its `flush` and `close` do not wait for the batches that it sent by itself, and it drops what it cannot send.
 * Rejects with errors of windrow that never hold the token.
 */
export class InfluxClient {
  readonly place: InfluxPlace
  private readonly agent: HttpAgent
  private readonly influx: InfluxDB
  private readonly timeoutMs: number
  private readonly monotonic: () => number
  private readonly inOrgAndBucket: string
  private notBefore = 0
  private closed = false

  constructor(options: InfluxOptions) {
    const { url, token, org, bucket, ca, timeoutMs = DEFAULT_TIMEOUT_MS, monotonic = () => performance.now() } = options
    const address = new URL(url)
    this.place = { where: `${address.protocol}//${address.host}`, org, bucket }
    const isSecure = address.protocol === 'https:'
    this.agent = isSecure
      ? new HttpsAgent({ keepAlive: true, ...(ca === undefined ? {} : { ca }) })
      : new HttpAgent({ keepAlive: true })
    // The client's own time-out leaves the request under way; ours ends it.
    this.influx = new InfluxDB({ url, token, timeout: 0, transportOptions: { agent: this.agent } })
    this.timeoutMs = timeoutMs
    this.monotonic = monotonic
    this.inOrgAndBucket = `org=${encodeURIComponent(org)}&bucket=${encodeURIComponent(bucket)}`
  }

  /** Writes lines of line protocol, with times in milliseconds. What is too large for one request is halved. */
  async write(lines: readonly string[]): Promise<void> {
    try {
      await this.send(`/api/v2/write?${this.inOrgAndBucket}&precision=ms`, lines.join('\n'), {
        method: 'POST',
        headers: { 'content-type': 'text/plain; charset=utf-8' },
      })
    } catch (error) {
      if (!(error instanceof WindrowError)) throw error
      if (error.facts.status !== 413 || lines.length < 2) throw writeError(this.place, error)
      const half = lines.length >> 1
      await this.write(lines.slice(0, half))
      await this.write(lines.slice(half))
    }
  }

  /** Deletes points; resolves as well where there are none. */
  async remove({ measurement, tags, from, to }: DeletedRange): Promise<void> {
    const predicate = [['_measurement', measurement] as const, ...tags].map(([name, text]) => `${name}=${predicateText(text)}`)
    const body = { start: instant(from), stop: endOf(to), predicate: predicate.join(' AND ') }
    await this.send(`/api/v2/delete?${this.inOrgAndBucket}`, JSON.stringify(body), { method: 'POST', headers: JSON_TYPE })
  }

  /**
   * What statements of InfluxQL find, times in milliseconds, in the order of the statements, in bounded pieces. InfluxQL gives whole points;
   * Flux would give a table a field.
   */
  async *query(statements: readonly string[]): AsyncGenerator<InfluxTable> {
    this.checkOpen()
    const { org, bucket } = this.place
    const path = `/query?org=${encodeURIComponent(org)}&db=${encodeURIComponent(bucket)}&epoch=ms&chunked=true&chunk_size=${CHUNK_ROWS}`
    const ending = new AbortController()
    const patience = this.patience(ending)
    try {
      const chunks = this.influx.transport.iterate(path, `q=${encodeURIComponent(statements.join(';'))}`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
        signal: ending.signal,
      })
      for await (const table of influxTables(chunks, patience.heard)) {
        patience.pause()
        yield table
        patience.heard()
      }
    } catch (error) {
      throw this.failure(error, patience.isOver())
    } finally {
      patience.pause()
      // Whoever stops reading in the middle leaves nothing under way.
      ending.abort()
    }
  }

  /** The answer of a request to the API, undefined where it has none. */
  ask(method: string, path: string, body?: unknown): Promise<unknown> {
    return this.send(path, body === undefined ? '' : JSON.stringify(body), { method, headers: JSON_TYPE })
  }

  /** The headers of an answer to GET /ping, which needs no token. */
  async ping(): Promise<Readonly<Record<string, string | string[] | undefined>>> {
    let found: Readonly<Record<string, string | string[] | undefined>> = {}
    await this.send('/ping', '', { method: 'GET', headers: { accept: 'text/plain' } }, (headers) => {
      found = headers
    })
    return found
  }

  describe(): string {
    return `InfluxDB at ${this.place.where}, bucket ${this.place.bucket}`
  }

  close(): void {
    this.closed = true
    this.agent.destroy()
  }

  private async send(
    path: string,
    body: string,
    options: SendOptions,
    onStart?: (headers: Readonly<Record<string, string | string[] | undefined>>) => void,
  ): Promise<unknown> {
    this.checkOpen()
    const ending = new AbortController()
    const patience = this.patience(ending)
    try {
      const answer: unknown = await this.influx.transport.request(
        path,
        body,
        { ...options, signal: ending.signal },
        (headers) => {
          patience.heard()
          onStart?.(headers)
        },
      )
      return answer
    } catch (error) {
      throw this.failure(error, patience.isOver())
    } finally {
      patience.pause()
    }
  }

  private failure(error: unknown, isLate: boolean): WindrowError {
    if (isLate) return influxTimeout(this.place, this.timeoutMs)
    const failure = influxError(this.place, error)
    if (failure.code === 'WR_INFLUX_BUSY') {
      this.notBefore = this.monotonic() + Number(failure.facts.retryAfterMs)
    }
    return failure
  }

  /** A server that said when it wants to be asked again is not asked before. */
  private checkOpen(): void {
    if (this.closed) throw influxClosed(this.place)
    const leftMs = this.notBefore - this.monotonic()
    if (leftMs > 0) throw influxBusy(this.place, 503, Math.ceil(leftMs))
  }

  private patience(ending: AbortController): { heard(): void; pause(): void; isOver(): boolean } {
    let over = false
    const giveUp = (): void => {
      over = true
      ending.abort()
    }
    let timer = setTimeout(giveUp, this.timeoutMs)
    const pause = (): void => clearTimeout(timer)
    return {
      heard: () => {
        pause()
        timer = setTimeout(giveUp, this.timeoutMs)
      },
      pause,
      isOver: () => over,
    }
  }
}

function instant(at: number): string {
  return new Date(at).toISOString()
}

/** The last nanosecond of that millisecond: others may have written with more digits than ours have. */
function endOf(at: number): string {
  return instant(at).replace('Z', '999999Z')
}

function predicateText(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}

/** A condition of InfluxQL: these tags, and times between both inclusive. */
export function whereTags(tags: ReadonlyArray<readonly [string, string]>, from: number, to: number): string {
  const conditions = tags.map(([name, text]) => `"${name}"=${quoteText(text)}`)
  return [...conditions, `time>=${from}ms`, `time<=${to}ms`].join(' AND ')
}
