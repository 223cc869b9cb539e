import type { MetricInfo } from '../../src/api/metric-catalogue.ts'
import { prometheus } from './data-sources.ts'
import type { Query } from './query.ts'

type Metric<L extends string> = MetricInfo<L>
type Labels<L extends string> = Partial<Readonly<Record<L, string>>>

/** PromQL that was made from declared metrics. */
export interface PromQl {
  readonly promql: string
}

const selector = (matchers: Readonly<Record<string, string | undefined>>): string => {
  const parts = Object.entries(matchers).map(([label, value]) =>
    // A value between slashes is a regular expression.
    value?.startsWith('/') === true ? `${label}=~"${value.slice(1, -1)}"` : `${label}="${value}"`,
  )
  return parts.length === 0 ? '' : `{${parts.join(',')}}`
}

/**
 * A metric over the processes that have it: the greatest where they tell the same of one log, else their sum, by the labels that are
 * named. A label that the metric has not does not compile. `/…/` matches by a regular expression.
 */
export function metric<L extends string>(
  info: Metric<L>,
  by: readonly NoInfer<L>[] = [],
  where: Labels<NoInfer<L>> = {},
): PromQl {
  return { promql: `${info.combine}${grouping(by)}(${info.name}${selector(where)})` }
}

/** A metric as each process tells it. */
export const each = (info: MetricInfo): PromQl => ({ promql: info.name })

/** Per second, of a counter, over the range that Grafana thinks right for the scrape interval. */
export function rate<L extends string>(info: Metric<L>, by: readonly NoInfer<L>[] = [], where: Labels<NoInfer<L>> = {}): PromQl {
  return { promql: `${info.combine}${grouping(by)}(rate(${info.name}${selector(where)}[$__rate_interval]))` }
}

/** How much a counter has grown in the range of the dashboard. */
export function growth<L extends string>(
  info: Metric<L>,
  by: readonly NoInfer<L>[] = [],
  where: Labels<NoInfer<L>> = {},
): PromQl {
  return { promql: `${info.combine}${grouping(by)}(increase(${info.name}${selector(where)}[$__range]))` }
}

/** A quantile (0 to 1) of a histogram. */
export function quantile<L extends string>(
  q: number,
  info: Metric<L> & { readonly type: 'histogram' },
  by: readonly NoInfer<L>[],
): PromQl {
  const labels = ['le', ...by].join(', ')
  return { promql: `histogram_quantile(${q}, sum by (${labels}) (rate(${info.name}_bucket[$__rate_interval])))` }
}

const grouping = (by: readonly string[]): string => (by.length === 0 ? '' : ` by (${by.join(', ')}) `)

/** PromQL around declared metrics: promql`time() - ${metric(…)}`. */
export const promql = (strings: TemplateStringsArray, ...parts: readonly (PromQl | number)[]): PromQl => ({
  promql: strings.reduce((before, string, i) => {
    const part = parts[i - 1] as PromQl | number
    return `${before}${typeof part === 'number' ? part : part.promql}${string}`
  }),
})

const query = (expr: string, more: Readonly<Record<string, unknown>>): Query => ({
  datasource: prometheus,
  model: { editorMode: 'code', expr, ...more },
})

/** Over time. `legend` names a series by its labels: `{{topic}}`. */
export const promSeries = ({ promql: expr }: PromQl, legend: string): Query => query(expr, { range: true, legendFormat: legend })

/** As it is at the end of the range: one value a series. */
export const promNow = ({ promql: expr }: PromQl, legend: string): Query =>
  query(expr, { instant: true, range: false, legendFormat: legend })

/** As it is at the end of the range, a row a series: its labels and `Value`. */
export const promTable = ({ promql: expr }: PromQl): Query => query(expr, { instant: true, range: false, format: 'table' })
