import * as units from '@grafana/grafana-foundation-sdk/units'
import { declaredMetrics as m, metricCatalogue } from '../../../src/api/metric-catalogue.ts'
import type { Section } from '../dashboard.ts'
import { chart } from '../panels.ts'
import { each, promql, promSeries, quantile } from '../prom.ts'
import { common } from './shared.ts'

/** A metric of the process itself, which prom-client declares; with the process that it is of. */
function ofProcess(name: string) {
  const found = metricCatalogue().find((each) => each.name === name)
  if (found === undefined) throw new Error(`No process has a metric called ${name}`)
  return promql`sum by (job, instance) (${{ promql: found.type === 'counter' ? `rate(${name}[$__rate_interval])` : name }})`
}

export const processes: Section = {
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
}
