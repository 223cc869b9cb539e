import * as units from '@grafana/grafana-foundation-sdk/units'
import { declaredMetrics as m } from '../../../src/api/metric-catalogue.ts'
import type { Section } from '../dashboard.ts'
import { chart, coloured, table } from '../panels.ts'
import { metric, promql, promSeries, promTable, rate } from '../prom.ts'
import { common, none, ofSink, valueTable } from './shared.ts'

export const sinks: Section = {
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
          properties: coloured(none),
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
}
