import * as units from '@grafana/grafana-foundation-sdk/units'
import { declaredMetrics as m } from '../../../src/api/metric-catalogue.ts'
import type { Section } from '../dashboard.ts'
import { stat } from '../panels.ts'
import { each, metric, promNow, promql } from '../prom.ts'
import { common, intervalsLate, none } from './shared.ts'

export const now: Section = {
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
}
