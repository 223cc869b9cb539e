// What Grafana does to a query before it is sent: variables by their formats first, then the macros of the data source.
// https://grafana.com/docs/grafana/latest/dashboards/variables/variable-syntax/ and the query editors of the three data sources.

/** What is chosen of a variable. */
export interface Chosen {
  readonly values: readonly string[]
  /** Where All is chosen and the variable says what that is: goes in as it is, whatever the format. */
  readonly allValue?: string
}

export interface Scope {
  readonly from: Date
  readonly to: Date
  readonly variables: Readonly<Record<string, Chosen>>
  /** Of the panel or the data source: windows are no shorter. */
  readonly minIntervalMs: number
  readonly maxDataPoints: number
}

const regexText = (value: string): string => value.replace(/[\\^$*+?.()|[\]{}/]/g, '\\$&')
const several = (values: readonly string[]): string => (values.length === 1 ? (values[0] as string) : `(${values.join('|')})`)

const formats: Readonly<Record<string, (values: readonly string[]) => string>> = {
  csv: (values) => values.join(','),
  doublequote: (values) => values.map((value) => `"${value.replaceAll('"', '\\"')}"`).join(','),
  json: (values) => JSON.stringify(values.length === 1 ? values[0] : values),
  pipe: (values) => values.join('|'),
  raw: (values) => values.join(','),
  regex: (values) => several(values.map(regexText)),
  singlequote: (values) => values.map((value) => `'${value.replaceAll("'", "\\'")}'`).join(','),
  sqlstring: (values) => values.map((value) => `'${value.replaceAll("'", "''")}'`).join(','),
}

/** What Prometheus' data source does to a value without a format: it stands in a regular expression between double quotes. */
const inQuotedRegex = (values: readonly string[]): string =>
  several(values.map((value) => value.replaceAll('\\', '\\\\\\\\').replace(/[$^*{}[\]'+?.()|]/g, '\\\\$&')))

/** A variable with several values and no format is refused: Postgres and Flux do not know what they are to be. */
function oneValue(values: readonly string[]): string {
  if (values.length !== 1) throw new Error('Several values want a format')
  return values[0] as string
}

/** `${city:sqlstring}`, `${bucket}`. */
export function withVariables(
  text: string,
  variables: Scope['variables'],
  plain: (values: readonly string[]) => string = oneValue,
): string {
  return text.replace(/\$\{(\w+)(?::(\w+))?\}/g, (whole, name: string, format: string | undefined) => {
    const chosen = variables[name]
    if (chosen === undefined) throw new Error(`${whole}: no such variable`)
    if (chosen.allValue !== undefined) return chosen.allValue
    const write = format === undefined ? plain : formats[format]
    if (write === undefined) throw new Error(`${whole}: no such format`)
    return write(chosen.values)
  })
}

const NICE_MS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 20_000, 30_000],
  ...[1, 2, 5, 10, 15, 20, 30].map((minutes) => minutes * 60_000),
  ...[1, 2, 3, 6, 12, 24, 24 * 7, 24 * 30].map((hours) => hours * 3_600_000),
]

/** How long a window is: the range in as many points as fit, as a round figure. */
export function intervalMs({ from, to, minIntervalMs, maxDataPoints }: Scope): number {
  const wanted = (to.getTime() - from.getTime()) / maxDataPoints
  const nice = NICE_MS.reduce((best, each) => (Math.abs(each - wanted) < Math.abs(best - wanted) ? each : best))
  return Math.max(nice, minIntervalMs)
}

const UNITS_MS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const

/** `15m` */
export function durationText(ms: number): string {
  const [name, size] = UNITS_MS.find(([, unit]) => ms % unit === 0) as (typeof UNITS_MS)[number]
  return `${ms / size}${name}`
}

/** `10m` of a panel, in milliseconds. */
export function durationMs(text: string): number {
  const [, count, name] = /^(\d+)(ms|[dhms])$/.exec(text) ?? []
  const unit = UNITS_MS.find(([each]) => each === name)
  if (unit === undefined) throw new Error(`${text} is no duration`)
  return Number(count) * unit[1]
}

/** As Go prints a duration: what the plugin puts in for v.windowPeriod. */
function goDuration(ms: number): string {
  const [hours, minutes, seconds] = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60, (ms / 1000) % 60]
  return `${hours > 0 ? `${hours}h` : ''}${hours > 0 || minutes > 0 ? `${minutes}m` : ''}${seconds}s`
}

export function sqlOf(text: string, scope: Scope): string {
  const every = intervalMs(scope)
  const literal = (at: Date): string => `'${at.toISOString()}'`
  const group = (column: string, interval: string): string => {
    const seconds = durationMs(interval.replaceAll("'", '')) / 1000
    return `floor(extract(epoch from ${column})/${seconds})*${seconds}`
  }
  const macros: Readonly<Record<string, (args: readonly string[]) => string>> = {
    __timeFilter: ([column]) => `${column} BETWEEN ${literal(scope.from)} AND ${literal(scope.to)}`,
    __timeFrom: () => literal(scope.from),
    __timeTo: () => literal(scope.to),
    __timeGroup: ([column, interval]) => group(column as string, interval as string),
    __timeGroupAlias: ([column, interval]) => `${group(column as string, interval as string)} AS "time"`,
  }
  return (
    withVariables(text, scope.variables)
      .replaceAll('$__interval_ms', String(every))
      .replaceAll('$__interval', durationText(every))
      // An argument ends with the first parenthesis, whatever it is of.
      .replace(/\$(\w+)\(([^)]*)\)/g, (whole, name: string, args: string) => {
        const macro = macros[name]
        if (macro === undefined) throw new Error(`${whole}: no such macro`)
        return macro(args.split(',').map((arg) => arg.trim()))
      })
  )
}

export function fluxOf(text: string, scope: Scope, defaultBucket: string): string {
  const every = intervalMs(scope)
  const words: Readonly<Record<string, string>> = {
    timeRangeStart: scope.from.toISOString(),
    timeRangeStop: scope.to.toISOString(),
    windowPeriod: goDuration(every),
    defaultBucket: `"${defaultBucket}"`,
  }
  return withVariables(text, scope.variables)
    .replace(/\bv\.([A-Za-z]+)/g, (whole, name: string) => words[name] ?? whole)
    .replaceAll('$__interval_ms', String(every))
    .replaceAll('$__interval', durationText(every))
}

/** `scrapeMs`: how often Prometheus scrapes, as the data source says. */
export function promOf(text: string, scope: Scope, scrapeMs: number): string {
  const every = intervalMs(scope)
  const words: Readonly<Record<string, string>> = {
    $__rate_interval: durationText(Math.max(every + scrapeMs, 4 * scrapeMs)),
    $__range: `${Math.round((scope.to.getTime() - scope.from.getTime()) / 1000)}s`,
    $__interval: durationText(every),
  }
  return withVariables(text, scope.variables, inQuotedRegex).replace(/\$__\w+/g, (whole) => {
    const word = words[whole]
    if (word === undefined) throw new Error(`${whole}: no such macro`)
    return word
  })
}

/** `now-7d`, `now`. */
export function instantOf(text: string, now: Date): Date {
  const [, back] = /^now(?:-(\w+))?$/.exec(text) ?? []
  return new Date(now.getTime() - (back === undefined ? 0 : durationMs(back)))
}
