import { WindrowError } from '../../core/errors.ts'

/** Points of one series, or a piece of them. */
export interface InfluxTable {
  /** Number of the statement that it answers, from 0. */
  readonly statement: number
  readonly name: string
  readonly tags: Readonly<Record<string, string>>
  readonly columns: readonly string[]
  readonly values: ReadonlyArray<readonly unknown[]>
}

interface Answer {
  readonly error?: string
  readonly results?: ReadonlyArray<{
    readonly statement_id: number
    readonly error?: string
    readonly series?: ReadonlyArray<{
      readonly name: string
      readonly tags?: Readonly<Record<string, string>>
      readonly columns: readonly string[]
      readonly values?: ReadonlyArray<readonly unknown[]>
    }>
  }>
}

const NEWLINE = 10

/** Reads the chunked answer of InfluxQL: one JSON text a line. `heard` is called with every piece of it. Throws WR_INFLUX_QUERY for what it says of a failure. */
export async function* influxTables(chunks: AsyncIterable<Uint8Array>, heard: () => void): AsyncGenerator<InfluxTable> {
  for await (const line of lines(chunks, heard)) {
    const { error, results = [] } = JSON.parse(line) as Answer
    if (error !== undefined) throw failed(error)
    for (const { statement_id, error: reason, series = [] } of results) {
      if (reason !== undefined) throw failed(reason)
      for (const { name, tags = {}, columns, values = [] } of series) {
        yield { statement: statement_id, name, tags, columns, values }
      }
    }
  }
}

async function* lines(chunks: AsyncIterable<Uint8Array>, heard: () => void): AsyncGenerator<string> {
  let begun: Uint8Array[] = []
  for await (const chunk of chunks) {
    heard()
    let start = 0
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      begun.push(chunk.subarray(start, end))
      start = end + 1
      const line = Buffer.concat(begun).toString()
      begun = []
      if (line.trim() !== '') yield line
    }
    if (start < chunk.byteLength) begun.push(chunk.subarray(start))
  }
  const rest = Buffer.concat(begun).toString()
  if (rest.trim() !== '') yield rest
}

function failed(reason: string): WindrowError {
  // A token without the right to read is told the same as where there is no such bucket.
  if (reason.startsWith('database not found')) {
    return new WindrowError('WR_INFLUX_FORBIDDEN', {
      message: `InfluxDB has no such bucket, or lets this token read nothing from it: ${reason}`,
      remedy: 'Give INFLUX_TOKEN a token that may read and write the bucket.',
      facts: { reason, isMissing: true },
      kind: 'usage',
    })
  }
  return new WindrowError('WR_INFLUX_QUERY', {
    message: `InfluxDB could not answer a query: ${reason}`,
    remedy: 'Look into the log of InfluxDB. A sink tries again by itself.',
    facts: { reason },
    canRetry: true,
  })
}
