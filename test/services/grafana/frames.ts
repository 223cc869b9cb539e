import { parse } from 'csv-parse/sync'
import pg from 'pg'
import { fluxOf, promOf, type Scope, sqlOf } from '../../grafana/interpolate.ts'
import type { Target } from '../../grafana/stored-dashboards.ts'

/** The servers that the data sources are. */
export interface Servers {
  readonly postgres: string
  readonly influx: { readonly url: string; readonly token: string; readonly org: string; readonly bucket: string }
  readonly prometheus: { readonly url: string; readonly scrapeMs: number }
}

export type FieldType = 'time' | 'number' | 'string' | 'boolean'

export interface Field {
  readonly name: string
  readonly type: FieldType
  readonly labels: Readonly<Record<string, string>>
  readonly values: readonly unknown[]
}

/** What Grafana makes of an answer: a table, or a time and a number of one series. */
export interface Frame {
  readonly isSeries: boolean
  readonly fields: readonly Field[]
}

/** How many series Grafana takes of InfluxDB, and how many points of each beside those it has room for. */
const MOST_SERIES = 1000
const MOST_POINTS = 1.5

/** Runs a query of a panel, and throws what Grafana would show instead of it. `isAlone`: the panel has no other one. */
export function ask(target: Target, scope: Scope, servers: Servers, isAlone = true): Promise<readonly Frame[]> {
  if (target.rawSql !== undefined) return askPostgres(sqlOf(target.rawSql, scope), target.format ?? 'table', servers)
  if (target.query !== undefined) return askInflux(fluxOf(target.query, scope, servers.influx.bucket), scope, servers)
  return askPrometheus(target, scope, servers, isAlone)
}

/** The texts that a variable's query finds. */
export async function listValues(query: string, uid: string, scope: Scope, servers: Servers): Promise<readonly string[]> {
  if (uid === 'windrow-prometheus') return labelValues(query, servers)
  const target = uid === 'windrow-postgres' ? { rawSql: query } : { query }
  const frames = await ask({ refId: 'A', datasource: { type: '', uid }, ...target }, scope, servers)
  return [...new Set(frames.flatMap(({ fields }) => fields[0]?.values ?? []).map(String))]
}

const FIELD_TYPES: Readonly<Record<number, FieldType>> = {
  [pg.types.builtins.BOOL]: 'boolean',
  [pg.types.builtins.TEXT]: 'string',
  [pg.types.builtins.VARCHAR]: 'string',
  [pg.types.builtins.INT4]: 'number',
  [pg.types.builtins.INT8]: 'number',
  [pg.types.builtins.FLOAT8]: 'number',
  [pg.types.builtins.NUMERIC]: 'number',
  [pg.types.builtins.TIMESTAMPTZ]: 'time',
}

async function askPostgres(text: string, format: 'time_series' | 'table', { postgres }: Servers): Promise<readonly Frame[]> {
  const client = new pg.Client({ connectionString: postgres })
  await client.connect()
  try {
    const { fields, rows } = await client.query<unknown[]>({ text, rowMode: 'array' })
    const all = fields.map(({ name, dataTypeID }, i): Field => {
      const type = FIELD_TYPES[dataTypeID]
      if (type === undefined)
        throw new Error(`${name} has the type ${dataTypeID}, of which Grafana is not known to make something`)
      const read = type === 'number' ? numberOrNull : (value: unknown) => value
      return { name, type, labels: {}, values: rows.map((row) => read(row[i])) }
    })
    return format === 'table' ? [{ isSeries: false, fields: all }] : seriesOf(all)
  } finally {
    await client.end()
  }
}

const numberOrNull = (value: unknown): unknown => (value === null ? null : Number(value))

/** Rows `time`, `metric`, number as one series a metric. Grafana wants them in the order of time. */
function seriesOf(fields: readonly Field[]): Frame[] {
  const [time, metric, number, ...more] = fields
  if (
    time?.name !== 'time' ||
    metric?.name !== 'metric' ||
    metric.type !== 'string' ||
    number?.type !== 'number' ||
    more.length > 0
  )
    throw new Error(
      `A series is time, metric and a number, and not ${fields.map(({ name, type }) => `${name} (${type})`).join(', ')}`,
    )
  if (time.type !== 'time' && time.type !== 'number') throw new Error(`The time is a ${time.type}`)
  const at = time.values.map((value) => (value instanceof Date ? value.getTime() : Number(value) * 1000))
  if (at.some((each, i) => i > 0 && each < (at[i - 1] as number))) throw new Error('The rows are not in the order of time')
  const names = [...new Set(metric.values)] as string[]
  return names.map((name) => {
    const own = at.flatMap((_, i) => (metric.values[i] === name ? [i] : []))
    const times = own.map((i) => at[i] as number)
    return {
      isSeries: true,
      fields: [
        { name: 'Time', type: 'time', labels: {}, values: times },
        { name, type: 'number', labels: {}, values: own.map((i) => number.values[i]) },
      ],
    }
  })
}

const INFLUX_TYPES: Readonly<Record<string, FieldType>> = {
  'dateTime:RFC3339': 'time',
  'dateTime:RFC3339Nano': 'time',
  boolean: 'boolean',
  double: 'number',
  long: 'number',
  string: 'string',
  unsignedLong: 'number',
}

async function askInflux(query: string, { maxDataPoints }: Scope, { influx }: Servers): Promise<readonly Frame[]> {
  const answer = await fetch(`${influx.url}/api/v2/query?org=${influx.org}`, {
    method: 'POST',
    headers: { authorization: `Token ${influx.token}`, 'content-type': 'application/json', accept: 'application/csv' },
    body: JSON.stringify({ query, dialect: { header: true, annotations: ['datatype', 'group', 'default'] } }),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(text)
  const frames = text
    .split(/\r?\n\r?\n/)
    .filter((block) => block.trim() !== '')
    .flatMap(framesOfBlock)
  if (frames.length > MOST_SERIES) throw new Error(`${frames.length} series: Grafana takes ${MOST_SERIES}`)
  for (const { fields } of frames) {
    const points = fields[0]?.values.length ?? 0
    if (points > maxDataPoints * MOST_POINTS)
      throw new Error(`${points} points in a series: Grafana takes ${maxDataPoints * MOST_POINTS}`)
  }
  return frames
}

/** A block of annotated CSV has tables of the same columns. */
function framesOfBlock(block: string): Frame[] {
  const lines = parse(block, { relax_column_count: true }) as string[][]
  const [types = [], , , header = [], ...rows] = lines
  if (types[0] !== '#datatype') throw new Error(block)
  const tableAt = header.indexOf('table')
  const tables = [...new Set(rows.map((row) => row[tableAt]))]
  const columns = header
    .map((name, i) => ({ name, i, type: types[i] as string }))
    .filter(({ name }) => !['', 'result', 'table'].includes(name))
  return tables.map((table) => {
    const own = rows.filter((row) => row[tableAt] === table)
    const fields = columns.map(({ name, i, type }): Field => {
      const known = INFLUX_TYPES[type]
      if (known === undefined) throw new Error(`${name} has the type ${type}`)
      return { name, type: known, labels: {}, values: own.map((row) => cellOf(known, row[i] as string)) }
    })
    return pointsOf(fields) ?? { isSeries: false, fields }
  })
}

function cellOf(type: FieldType, text: string): unknown {
  if (text === '' && type !== 'string') return null
  switch (type) {
    case 'time':
      return Date.parse(text)
    case 'number':
      return Number(text)
    case 'boolean':
      return text === 'true'
    case 'string':
      return text
  }
}

/** A table with `_value` and a time is a series: its other texts are labels. */
function pointsOf(fields: readonly Field[]): Frame | null {
  const value = fields.find(({ name }) => name === '_value')
  const time = fields.find(({ name }) => name === '_time') ?? fields.find(({ type }) => type === 'time')
  if (value === undefined || time === undefined) return null
  const labelled = fields.filter(({ name, type }) => type === 'string' && !name.startsWith('_'))
  const labels = Object.fromEntries(labelled.map(({ name, values }) => [name, String(values[0])]))
  const name = String(fields.find((field) => field.name === '_field')?.values[0] ?? '_value')
  return {
    isSeries: true,
    fields: [
      { ...time, name: 'Time' },
      { ...value, name, labels },
    ],
  }
}

type Sample = readonly [number, string]
interface Result {
  readonly metric: Readonly<Record<string, string>>
  readonly value?: Sample
  readonly values?: readonly Sample[]
}

async function askPrometheus(target: Target, scope: Scope, { prometheus }: Servers, isAlone: boolean): Promise<readonly Frame[]> {
  const { url, scrapeMs } = prometheus
  const minIntervalMs = Math.max(scope.minIntervalMs, scrapeMs)
  const every = { ...scope, minIntervalMs }
  const query = promOf(target.expr ?? '', every, scrapeMs)
  const seconds = (at: Date): string => String(at.getTime() / 1000)
  const step = String(Math.max(scrapeMs, (scope.to.getTime() - scope.from.getTime()) / scope.maxDataPoints) / 1000)
  const isNow = target.instant === true
  const parameters = isNow
    ? { query, time: seconds(scope.to) }
    : { query, start: seconds(scope.from), end: seconds(scope.to), step }
  const result = await promApi<readonly Result[]>(`${url}/api/v1/${isNow ? 'query' : 'query_range'}`, parameters)
  if (target.format === 'table')
    return result.length === 0 ? [] : [promTable(result, isAlone ? 'Value' : `Value #${target.refId}`)]
  return result.map(({ metric, value, values = value === undefined ? [] : [value] }) => ({
    isSeries: true,
    fields: [
      { name: 'Time', type: 'time', labels: {}, values: values.map(([at]) => at * 1000) },
      { name: legendOf(target, metric), type: 'number', labels: metric, values: values.map(([, text]) => Number(text)) },
    ],
  }))
}

const legendOf = ({ legendFormat = '' }: Target, metric: Readonly<Record<string, string>>): string =>
  legendFormat.replace(/\{\{\s*(\w+)\s*\}\}/g, (whole, label: string) => {
    const text = metric[label]
    if (text === undefined) throw new Error(`The legend has ${whole}, and the series ${JSON.stringify(metric)}`)
    return text
  })

function promTable(result: readonly Result[], valueName: string): Frame {
  const labels = [...new Set(result.flatMap(({ metric }) => Object.keys(metric)))]
  return {
    isSeries: false,
    fields: [
      { name: 'Time', type: 'time', labels: {}, values: result.map(({ value }) => (value?.[0] ?? 0) * 1000) },
      ...labels.map(
        (name): Field => ({ name, type: 'string', labels: {}, values: result.map(({ metric }) => metric[name] ?? null) }),
      ),
      { name: valueName, type: 'number', labels: {}, values: result.map(({ value }) => Number(value?.[1])) },
    ],
  }
}

async function promApi<T>(url: string, parameters: Readonly<Record<string, string>>): Promise<T> {
  const answer = await fetch(url, { method: 'POST', body: new URLSearchParams(parameters) })
  const { status, data, error } = (await answer.json()) as {
    readonly status: string
    readonly data: { readonly result: T }
    readonly error?: string
  }
  if (status !== 'success') throw new Error(error)
  return data.result
}

/** `label_values(metric, label)` */
async function labelValues(query: string, { prometheus }: Servers): Promise<readonly string[]> {
  const [, metric, label] = /^label_values\((\w+), (\w+)\)$/.exec(query) ?? []
  if (metric === undefined) throw new Error(`${query} is no query of a variable`)
  const answer = await fetch(`${prometheus.url}/api/v1/label/${label}/values?${new URLSearchParams({ 'match[]': metric })}`)
  return ((await answer.json()) as { readonly data: readonly string[] }).data
}
