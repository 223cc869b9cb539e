import * as units from '@grafana/grafana-foundation-sdk/units'
import { declaredMetrics as m, metricCatalogue } from '../../src/api/metric-catalogue.ts'
import { dashboardOf } from './dashboard.ts'
import { chart, type Step, stat, states, table } from './panels.ts'
import { each, growth, metric, promNow, promql, promSeries, promTable, quantile, rate } from './prom.ts'
import { promVariable } from './variables.ts'

const nothing = 'No figures: is windrow running, and does Prometheus scrape it (Status, Targets)?'
const common = { noValue: nothing }

const topic = promVariable({ name: 'topic', label: 'Topic', description: 'Reading topics' }, m.taskLag.name, 'topic')
const sink = promVariable(
  { name: 'sink', label: 'Sink', description: 'Stores that views are written to' },
  m.sinkLag.name,
  'sink',
)

const ofTopic = { topic: '/${topic}/' }
const ofSink = { sink: '/${sink}/' }

/** A metric of the process itself, which prom-client declares; with the process that it is of. */
function ofProcess(name: string) {
  const found = metricCatalogue().find((each) => each.name === name)
  if (found === undefined) throw new Error(`No process has a metric called ${name}`)
  return promql`sum by (job, instance) (${{ promql: found.type === 'counter' ? `rate(${name}[$__rate_interval])` : name }})`
}

const none: Step[] = [
  { from: null, color: 'green' },
  { from: 1, color: 'red' },
]
const absolute = (steps: readonly Step[]) => ({
  mode: 'absolute',
  steps: steps.map(({ from, color }) => ({ value: from, color })),
})

/** What a task does, as a number for the lanes; a running one is the greatest, so that of several processes the one that works counts. */
const taskStates = [
  ['stopped', 'red'],
  ['waiting', 'orange'],
  ['starting', 'blue'],
  ['catching_up', 'yellow'],
  ['running', 'green'],
] as const
const taskState = promql`max by (topic, partition) (${{
  promql: taskStates
    .map(([state], i) => `${i + 1} * (${m.taskState.name}{state="${state}",topic=~"\${topic}"} == 1)`)
    .join(' or '),
}})`

const valueTable = (names: readonly string[]) => [
  { id: 'merge', options: {} },
  {
    id: 'organize',
    options: {
      excludeByName: { Time: true },
      renameByName: Object.fromEntries(
        names.map((name, i) => [names.length === 1 ? 'Value' : `Value #${String.fromCharCode(65 + i)}`, name]),
      ),
    },
  },
]

const silence = promql`time() - ${metric(m.stationWatermark, ['kind', 'station'])}`
const intervalsLate = promql`(${silence}) / ${metric(m.stationInterval, ['kind', 'station'])}`

export const pipeline = dashboardOf({
  uid: 'windrow-pipeline',
  title: 'Pipeline',
  description:
    'Whether readings arrive, become rows and reach the stores: what waits, what was refused, and which process needs what.',
  from: 'now-3h',
  refresh: '30s',
  variables: [topic, sink],
  sections: [
    {
      id: 100,
      title: 'Now',
      panels: [
        stat({
          id: 1,
          title: 'Ready',
          description: 'Whether all processes say that they are ready.',
          unit: units.Short,
          queries: [promNow(promql`min(${each(m.ready)})`, '')],
          mappings: [
            {
              type: 'value',
              options: { '0': { text: 'no', color: 'red', index: 0 }, '1': { text: 'yes', color: 'green', index: 1 } },
            } as never,
          ],
          ...common,
        }),
        stat({
          id: 2,
          title: 'Readings waiting',
          description: 'Readings that are in no view yet, of all topics.',
          unit: units.Short,
          queries: [promNow(promql`sum(${metric(m.taskLag, ['topic', 'partition'])})`, '')],
          steps: [
            { from: null, color: 'green' },
            { from: 10_000, color: 'orange' },
            { from: 1_000_000, color: 'red' },
          ],
          ...common,
        }),
        stat({
          id: 3,
          title: 'Changes waiting',
          description: 'Changes of rows that a store has not got yet, of all sinks.',
          unit: units.Short,
          queries: [promNow(promql`sum(${metric(m.sinkLag, ['sink', 'view'])})`, '')],
          steps: [
            { from: null, color: 'green' },
            { from: 10_000, color: 'orange' },
            { from: 1_000_000, color: 'red' },
          ],
          ...common,
        }),
        stat({
          id: 4,
          title: 'Dead letters',
          description: 'Readings, items of sources and rows that could not be used. `windrow dlq list` shows them.',
          unit: units.Short,
          queries: [
            promNow(
              promql`sum(${metric(m.readings, ['topic'], { fate: 'dead_lettered' })}) + (${metric(m.sinkRefused)} or vector(0)) + (${metric(m.sourceDeadLettered)} or vector(0))`,
              '',
            ),
          ],
          steps: none,
          ...common,
        }),
        stat({
          id: 5,
          title: 'Problems',
          description:
            'Problems that stand now: of sinks, of sources, and those that concern no single part (a full disk, a registry or log that is away).',
          unit: units.Short,
          queries: [
            promNow(
              promql`(sum(${metric(m.problem, ['code'])}) or vector(0)) + (sum(${metric(m.sinkProblem, ['sink', 'view'])}) or vector(0)) + (sum(${metric(m.sourceProblem, ['source'])}) or vector(0))`,
              '',
            ),
          ],
          steps: none,
          ...common,
        }),
        stat({
          id: 6,
          title: 'Late stations',
          description: 'Stations and zones whose last interval ended three intervals ago or more: below in Watermarks.',
          unit: units.Short,
          queries: [promNow(promql`count(${intervalsLate} >= 3) or vector(0)`, '')],
          steps: none,
          ...common,
        }),
        stat({
          id: 7,
          title: 'Disk free',
          description: 'Of the file system that holds WINDROW_DATA_DIR: the fullest of all processes.',
          unit: units.PercentUnit,
          queries: [promNow(promql`min(${each(m.diskFree)} / ${each(m.diskSize)})`, '')],
          decimals: 0,
          steps: [
            { from: null, color: 'red' },
            { from: 0.1, color: 'orange' },
            { from: 0.2, color: 'green' },
          ],
          ...common,
        }),
        stat({
          id: 8,
          title: 'Processes that do not answer',
          description: 'Of windrow, as Prometheus sees them.',
          unit: units.Short,
          queries: [promNow({ promql: 'count(up{job="windrow"} == 0) or vector(0)' }, '')],
          steps: none,
          ...common,
        }),
      ],
    },
    {
      id: 101,
      title: 'Readings',
      panels: [
        chart({
          id: 10,
          title: 'Readings a second',
          description: 'Accepted from each topic.',
          unit: units.CountsPerSecond,
          queries: [promSeries(rate(m.accepted, ['topic'], ofTopic), '{{topic}}')],
          min: 0,
          ...common,
        }),
        chart({
          id: 11,
          title: 'Lag',
          description: 'Readings of a partition that are in no view yet.',
          unit: units.Short,
          queries: [promSeries(metric(m.taskLag, ['topic', 'partition'], ofTopic), '{{topic}} {{partition}}')],
          min: 0,
          ...common,
        }),
        chart({
          id: 12,
          title: 'Late, duplicate, stale and dead-lettered',
          description:
            'Readings that are in no view, in all: beyond the allowed lateness, equal to the one in force, an older revision, or no usable reading.',
          unit: units.Short,
          queries: [
            promSeries(
              promql`sum by (fate) (${metric(m.readings, ['topic', 'fate'], { ...ofTopic, fate: '/too_late|duplicate|stale|dead_lettered/' })})`,
              '{{fate}}',
            ),
          ],
          style: 'steps',
          min: 0,
          ...common,
        }),
        states({
          id: 13,
          title: 'Tasks',
          description: 'What the task of each partition does.',
          unit: units.Short,
          queries: [promSeries(taskState, '{{topic}} {{partition}}')],
          mappings: [
            {
              type: 'value',
              options: Object.fromEntries(
                taskStates.map(([text, color], index) => [String(index + 1), { text: text.replace('_', ' '), color, index }]),
              ),
            } as never,
          ],
          ...common,
        }),
        table({
          id: 14,
          title: 'What became of the readings',
          description: 'Every accepted reading by topic: each is exactly one of these.',
          unit: units.Short,
          queries: [promTable(metric(m.readings, ['topic', 'fate'], ofTopic))],
          transformations: valueTable(['readings']),
          height: 8,
          ...common,
        }),
      ],
    },
    {
      id: 102,
      title: 'Stations',
      panels: [
        table({
          id: 21,
          title: 'Watermarks',
          description: 'When the last interval of each station ended, and how many intervals ago.',
          unit: units.Short,
          queries: [
            promTable(promql`1000 * ${metric(m.stationWatermark, ['kind', 'station'])}`),
            promTable(silence),
            promTable(intervalsLate),
          ],
          transformations: valueTable(['Watermark', 'Silent for', 'Intervals ago']),
          overrides: [
            { fields: 'Watermark', properties: { unit: units.DateTimeFromNow } },
            { fields: 'Silent for', properties: { unit: units.Seconds } },
            {
              fields: 'Intervals ago',
              properties: {
                decimals: 1,
                thresholds: absolute([
                  { from: null, color: 'green' },
                  { from: 3, color: 'orange' },
                  { from: 12, color: 'red' },
                ]),
                'custom.cellOptions': { type: 'color-text' },
              },
            },
            {
              fields: 'station',
              properties: {
                links: [{ title: 'In windrow', url: '${windrow}/?tab=${__data.fields.kind}&station=${__value.text}' }],
              },
            },
          ],
          ...common,
        }),
      ],
    },
    {
      id: 103,
      title: 'Sinks',
      panels: [
        chart({
          id: 30,
          title: 'Changes waiting by view',
          description: 'Changes of rows that a store has not got yet.',
          unit: units.Short,
          queries: [promSeries(metric(m.sinkLag, ['sink', 'view'], ofSink), '{{sink}} {{view}}')],
          min: 0,
          ...common,
        }),
        chart({
          id: 31,
          title: 'Changes written a second',
          description: 'By store.',
          unit: units.RowsPerSecond,
          queries: [promSeries(rate(m.sinkRows, ['sink'], ofSink), '{{sink}}')],
          min: 0,
          ...common,
        }),
        table({
          id: 32,
          title: 'Sinks',
          description:
            'By store and view: what waits, what was tried again, what the store refused, and whether there is a problem now.',
          unit: units.Short,
          queries: [
            promTable(metric(m.sinkLag, ['sink', 'view'], ofSink)),
            promTable(metric(m.sinkRetries, ['sink', 'view'], ofSink)),
            promTable(metric(m.sinkRefused, ['sink', 'view'], ofSink)),
            promTable(metric(m.sinkProblem, ['sink', 'view'], ofSink)),
            promTable(promql`1000 * ${metric(m.sinkLastWrite, ['sink', 'view'], ofSink)}`),
          ],
          transformations: valueTable(['Waiting', 'Retries', 'Refused', 'Problem', 'Last write']),
          overrides: [
            { fields: 'Last write', properties: { unit: units.DateTimeFromNow } },
            {
              fields: /^(?:Refused|Problem)$/,
              properties: { thresholds: absolute(none), 'custom.cellOptions': { type: 'color-text' } },
            },
          ],
          ...common,
        }),
        table({
          id: 33,
          title: 'Errors of sinks',
          description:
            'When each sink last failed, by the code of the error: docs/errors.md has each code, its cause and the remedy.',
          unit: units.DateTimeFromNow,
          queries: [promTable(promql`1000 * ${metric(m.sinkLastError, ['sink', 'view', 'code'], ofSink)}`)],
          transformations: valueTable(['Last time']),
          height: 8,
          noValue: 'No errors since the processes started: every write went through',
        }),
      ],
    },
    {
      id: 104,
      title: 'Sources',
      panels: [
        chart({
          id: 40,
          title: 'Published a second',
          description: 'Readings that each source has published.',
          unit: units.CountsPerSecond,
          queries: [promSeries(rate(m.sourcePublished, ['source']), '{{source}}')],
          min: 0,
          ...common,
        }),
        chart({
          id: 41,
          title: 'Polls in the range',
          description: 'How often each source was asked, by how it went.',
          unit: units.Short,
          queries: [promSeries(growth(m.sourcePolls, ['source', 'outcome']), '{{source}} {{outcome}}')],
          style: 'steps',
          min: 0,
          ...common,
        }),
        table({
          id: 42,
          title: 'Sources',
          description: 'When each last answered, and how old its newest reading is.',
          unit: units.Short,
          queries: [
            promTable(promql`1000 * ${metric(m.sourceLastSuccess, ['source'])}`),
            promTable(promql`time() - ${metric(m.sourceLastEvent, ['source'])}`),
            promTable(metric(m.sourceProblem, ['source'])),
            promTable(metric(m.sourceDeadLettered, ['source'])),
          ],
          transformations: valueTable(['Last answer', 'Age of its newest reading', 'Problem', 'Dead letters']),
          overrides: [
            { fields: 'Last answer', properties: { unit: units.DateTimeFromNow } },
            { fields: 'Age of its newest reading', properties: { unit: units.Seconds } },
            {
              fields: /^(?:Dead letters|Problem)$/,
              properties: { thresholds: absolute(none), 'custom.cellOptions': { type: 'color-text' } },
            },
          ],
          height: 8,
          ...common,
        }),
      ],
    },
    {
      id: 105,
      title: 'Replays',
      panels: [
        table({
          id: 50,
          title: 'Replays',
          description: 'The last replay of each view: its state, how much of the log it has read, and when it last said so.',
          unit: units.Short,
          queries: [
            promTable(promql`${metric(m.replayState, ['view', 'state'])} == 1`),
            promTable(promql`${metric(m.replayRead, ['view'])} / ${metric(m.replayToRead, ['view'])}`),
            promTable(promql`1000 * ${metric(m.replayUpdated, ['view'])}`),
          ],
          transformations: [
            { id: 'merge', options: {} },
            {
              id: 'organize',
              options: {
                excludeByName: { Time: true, 'Value #A': true },
                renameByName: { 'Value #B': 'Read', 'Value #C': 'Last told' },
              },
            },
          ],
          overrides: [
            { fields: 'Read', properties: { unit: units.PercentUnit, decimals: 0 } },
            { fields: 'Last told', properties: { unit: units.DateTimeFromNow } },
          ],
          height: 8,
          noValue: 'No replays yet: `windrow replay VIEW` rebuilds a view from the log',
        }),
      ],
    },
    {
      id: 106,
      title: 'Processes',
      panels: [
        chart({
          id: 61,
          title: 'Disk free',
          description: 'Bytes that may still be written, by process.',
          unit: units.BytesIEC,
          queries: [promSeries(promql`min by (job, instance) (${each(m.diskFree)})`, '{{instance}}')],
          min: 0,
          ...common,
        }),
        chart({
          id: 62,
          title: 'Memory',
          description: 'Resident memory by process.',
          unit: units.BytesIEC,
          queries: [promSeries(ofProcess('process_resident_memory_bytes'), '{{instance}}')],
          min: 0,
          ...common,
        }),
        chart({
          id: 63,
          title: 'CPU',
          description: 'Cores in use by process.',
          unit: units.Short,
          queries: [promSeries(ofProcess('process_cpu_seconds_total'), '{{instance}}')],
          min: 0,
          decimals: 2,
          ...common,
        }),
        chart({
          id: 64,
          title: 'Commits',
          description: 'How long 95 % of the commits of a topic took at most.',
          unit: units.Seconds,
          queries: [promSeries(quantile(0.95, m.commit, ['topic']), '{{topic}}')],
          min: 0,
          ...common,
        }),
        chart({
          id: 65,
          title: 'State in memory',
          description: 'Bytes of state that the tasks of a process hold, and the budget that they share: above it they wait.',
          unit: units.BytesIEC,
          queries: [
            promSeries(promql`sum by (job, instance) (${each(m.stateBytes)})`, '{{instance}}'),
            promSeries(promql`max by (job, instance) (${each(m.stateBudget)})`, '{{instance}} budget'),
          ],
          min: 0,
          overrides: [{ fields: / budget$/, properties: { color: { mode: 'fixed', fixedColor: 'gray' } } }],
          ...common,
        }),
        chart({
          id: 66,
          title: 'Event loop',
          description: 'How late the event loop of a process is: 99 % of its turns are sooner.',
          unit: units.Seconds,
          queries: [promSeries(ofProcess('nodejs_eventloop_lag_p99_seconds'), '{{instance}}')],
          min: 0,
          ...common,
        }),
        chart({
          id: 67,
          title: 'Requests',
          description: 'How long 95 % of the requests to a route took at most.',
          unit: units.Seconds,
          queries: [promSeries(quantile(0.95, m.request, ['route']), '{{route}}')],
          min: 0,
          ...common,
        }),
      ],
    },
  ],
})
