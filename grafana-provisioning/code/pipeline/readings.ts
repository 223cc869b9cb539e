import * as units from '@grafana/grafana-foundation-sdk/units'
import { declaredMetrics as m } from '../../../src/api/metric-catalogue.ts'
import type { Section } from '../dashboard.ts'
import { chart, states, table } from '../panels.ts'
import { metric, promql, promSeries, promTable, rate } from '../prom.ts'
import { common, ofTopic, valueTable } from './shared.ts'

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

export const readings: Section = {
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
}
