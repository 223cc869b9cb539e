import { declaredMetrics as m } from '../../../src/api/metric-catalogue.ts'
import type { Step } from '../panels.ts'
import { metric, promql } from '../prom.ts'

export const common = { noValue: 'No figures: is windrow running, and does Prometheus scrape it (Status, Targets)?' }

export const ofTopic = { topic: '/${topic}/' }
export const ofSink = { sink: '/${sink}/' }

/** One is one too many. */
export const none: Step[] = [
  { from: null, color: 'green' },
  { from: 1, color: 'red' },
]

/** Several queries as one table: a row for each set of labels, and a column for each query. */
export const valueTable = (names: readonly string[]) => [
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

/** Seconds since the last interval of a station ended. */
export const silence = promql`time() - ${metric(m.stationWatermark, ['kind', 'station'])}`
/** The same in its own intervals. */
export const intervalsLate = promql`(${silence}) / ${metric(m.stationInterval, ['kind', 'station'])}`
