import * as units from '@grafana/grafana-foundation-sdk/units'
import { declaredMetrics as m } from '../../../src/api/metric-catalogue.ts'
import type { Section } from '../dashboard.ts'
import { table } from '../panels.ts'
import { metric, promql, promTable } from '../prom.ts'

export const replayed: Section = {
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
}
