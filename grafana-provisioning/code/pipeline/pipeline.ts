import { declaredMetrics as m } from '../../../src/api/metric-catalogue.ts'
import { dashboardOf } from '../dashboard.ts'
import { promVariable } from '../variables.ts'
import { now } from './now.ts'
import { processes } from './processes.ts'
import { readings } from './readings.ts'
import { replayed } from './replays.ts'
import { sinks } from './sinks.ts'
import { sources } from './sources.ts'
import { stations } from './stations.ts'

const topic = promVariable({ name: 'topic', label: 'Topic', description: 'Reading topics' }, m.taskLag.name, 'topic')
const sink = promVariable(
  { name: 'sink', label: 'Sink', description: 'Stores that views are written to' },
  m.sinkLag.name,
  'sink',
)

export const pipeline = dashboardOf({
  uid: 'windrow-pipeline',
  title: 'Pipeline',
  description:
    'Whether readings arrive, become rows and reach the stores: what waits, what was refused, and which process needs what.',
  from: 'now-3h',
  refresh: '30s',
  variables: [topic, sink],
  sections: [now, readings, stations, sinks, sources, replayed, processes],
})
