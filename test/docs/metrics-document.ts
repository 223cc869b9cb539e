import { type MetricInfo, metricCatalogue } from '../../src/api/metrics.ts'

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;')
const codes = (texts: readonly string[]): string => texts.map((text) => `\`${text}\``).join(', ')

const row = ({ name, type, labels, unit, help, roles, combine }: MetricInfo): string =>
  `| \`${name}\` | ${type} | ${codes(labels)} | ${unit === '1' ? '' : unit} | ${cell(help)} | ${roles.join(', ')} | ${combine} |`

const table = (metrics: readonly MetricInfo[]): string =>
  [
    '| metric | type | labels | unit | meaning | processes | together |',
    '|---|---|---|---|---|---|---|',
    ...metrics.map(row),
  ].join('\n')

const introduction = `# Metrics and health

Every process answers four addresses:

| address | what |
|---|---|
| \`/metrics\` | the figures below, in Prometheus' text format |
| \`/health\` | 200 and a sentence, or 503 while something needs a person |
| \`/health/live\` | 200 as long as the process answers at all: nothing else is asked |
| \`/health/ready\` | 200 once it does its work, before that 503 |

\`windrow start\` and \`windrow serve\` have them beside the page, at \`WINDROW_PORT\`. \`windrow run\` and \`windrow produce\` have
them and nothing else at \`WINDROW_METRICS_PORT\` or \`--metrics-port\`, at the address \`WINDROW_HOST\`. There a port that is taken
ends the process (\`WR_PORT_TAKEN\`), since whoever looks there would find another one; 0 takes any free one, and the log
says which. A process that ends by itself (\`run --until-end\`, \`produce\` without \`--continuous\`) heeds only \`--metrics-port\`: it
may run beside one that has the port of the settings.

## Who tells what

| process | ready when | tells |
|---|---|---|
| \`start\` | the views can be read | the whole pipeline, with its own tasks, sinks and sources |
| \`serve\` | the views can be read | what the log and the stores tell: the ledger, lags, replays, stations |
| \`run\` | it has joined its groups, its sinks are opened, and none of its tasks still reads its state from the log | its own tasks and sinks |
| \`produce\` | its log is open, and its sources are asked or wait for their time | its own sources |

A sink whose database is away does not make \`run\` unready, since a restart would mend nothing: \`/health\` says it.

Several processes tell the same of one log: what has **max** in the last column is combined by \`max by (…)\`. Those with **sum** tell of the
process itself: \`sum by (…)\`, or each instance for itself. \`windrow_readings_accepted_total\` and \`windrow_readings\` (the fates, which
add up to it) are of the committed progress of the whole log, wherever the tasks run. After a restart counters of a process
begin at 0, as Prometheus expects.

A scrape asks the log little. \`produce\` asks it nothing. \`run\` asks for the ends of the partitions that it works on, at most
every 5 s however many look. \`start\` and \`serve\` ask for the ends and the progress of the reading topics; \`serve\` asks every store for
its progress at most every 5 s; both count the stations at most every 10 s.

Labels are bounded: names of topics, views, sinks, sources and stations, states, codes of errors and patterns of routes.
Of stations at most 1,000 have figures of their own: those that have been silent for longest.`

const traces = `## Traces

\`start\`, \`serve\`, \`run\`, \`produce\` and \`replay\` send OpenTelemetry traces over OTLP/HTTP where the environment (not \`.env\`) has
\`OTEL_EXPORTER_OTLP_ENDPOINT\`, for instance \`http://localhost:4318\`. The packages for it are not among windrow's own dependencies:

\`\`\`
npm install @opentelemetry/api@1 @opentelemetry/sdk-trace-base@2 @opentelemetry/exporter-trace-otlp-http@0.223 @opentelemetry/resources@2
\`\`\`

| span | attributes |
|---|---|
| \`source poll\` | \`windrow.source\`, \`windrow.station\`, \`windrow.published\`, \`windrow.dead_lettered\` |
| \`task commit\` | \`windrow.topic\`, \`windrow.partition\`, \`windrow.readings\`, \`windrow.rows\` |
| \`sink write\` | \`windrow.sink\`, \`windrow.view\`, \`windrow.partition\`, \`windrow.rows\` |
| \`replay\` | \`windrow.views\`, \`windrow.rollback\` |
| \`GET /api/views/:view\` and so on | \`http.request.method\`, \`http.route\`, \`http.response.status_code\` |

Each span is a trace of its own. One that failed has \`error.type\`, which is the code of the error. The resource has \`service.name\` (\`windrow\`, or
\`OTEL_SERVICE_NAME\`), \`service.version\`, \`windrow.role\`, and what \`OTEL_RESOURCE_ATTRIBUTES\` gives. \`OTEL_TRACES_SAMPLER\`,
\`OTEL_BSP_…\`, \`OTEL_EXPORTER_OTLP_HEADERS\` and the other standard variables mean what they mean elsewhere; \`OTEL_SDK_DISABLED=true\` turns all off.
A collector that is away is told once in the log and delays nothing: spans are sent beside the work, and dropped when too many wait;
a process that ends waits for the last ones at most 2 s. Without an endpoint nothing of OpenTelemetry is loaded.`

/** The text of docs/metrics.md. */
export function metricsDocument(): string {
  const all = metricCatalogue()
  const isOwn = ({ name }: MetricInfo): boolean => name.startsWith('windrow_')
  return `${[
    introduction,
    "## windrow's own\n\nA histogram has `_bucket`, `_sum` and `_count`.",
    table(all.filter(isOwn)),
    '## Of the process\n\nFrom prom-client; some of them on Linux alone.',
    table(all.filter((each) => !isOwn(each))),
    traces,
    'The tables of metrics are made from the declarations in `src/api/metric-catalogue.ts`; `npx vitest run test/docs -u` writes them anew.',
  ].join('\n\n')}\n`
}
