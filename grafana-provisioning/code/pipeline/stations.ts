import * as units from '@grafana/grafana-foundation-sdk/units'
import { declaredMetrics as m } from '../../../src/api/metric-catalogue.ts'
import type { Section } from '../dashboard.ts'
import { coloured, late, table } from '../panels.ts'
import { metric, promql, promTable } from '../prom.ts'
import { common, intervalsLate, silence, valueTable } from './shared.ts'

export const stations: Section = {
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
            ...coloured(late),
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
}
