import * as units from '@grafana/grafana-foundation-sdk/units'
import { declaredMetrics as m } from '../../../src/api/metric-catalogue.ts'
import type { Section } from '../dashboard.ts'
import { chart, coloured, table } from '../panels.ts'
import { growth, metric, promql, promSeries, promTable, rate } from '../prom.ts'
import { common, none, valueTable } from './shared.ts'

export const sources: Section = {
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
          properties: coloured(none),
        },
      ],
      height: 8,
      ...common,
    }),
  ],
}
