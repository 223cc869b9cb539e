import { collectDefaultMetrics, Registry } from 'prom-client'
import { ROLES, type Role } from './ports.ts'

/** What is known of a metric before anything is measured. */
export interface MetricInfo<L extends string = string> {
  /** As Prometheus has it; of a histogram without `_bucket`, `_sum` and `_count`. */
  readonly name: string
  readonly type: 'gauge' | 'counter' | 'histogram'
  readonly labels: readonly L[]
  readonly unit: string
  readonly help: string
  /** Which processes have it. */
  readonly roles: readonly Role[]
  /**
   * How the figures of several processes go together. `max`: they tell the same of one log, so that any one of them is it. `sum`: each tells
   * of itself.
   */
  readonly combine: 'max' | 'sum'
}

export interface Declared<T extends MetricInfo['type'], L extends string> extends MetricInfo<L> {
  readonly type: T
}

type Words = Pick<MetricInfo, 'unit' | 'roles' | 'combine'>

const declare =
  <T extends MetricInfo['type']>(type: T) =>
  <const L extends string>(name: string, help: string, labels: readonly L[], words: Words): Declared<T, L> => ({
    name,
    type,
    labels,
    ...words,
    help,
  })
const gauge = declare('gauge')
const counter = declare('counter')
const histogram = declare('histogram')

const whole: readonly Role[] = ['start', 'serve']
const withTasks: readonly Role[] = ['start', 'run']
const withSources: readonly Role[] = ['start', 'produce']
const withViews: readonly Role[] = ['start', 'serve', 'run']

const ofLog = (unit: string, roles: readonly Role[] = whole): Words => ({ unit, roles, combine: 'max' })
const ofProcess = (unit: string, roles: readonly Role[] = ROLES): Words => ({ unit, roles, combine: 'sum' })

const topic = ['topic'] as const
const partition = ['topic', 'partition'] as const
const sinkView = ['sink', 'view'] as const
const layer = ['layer'] as const
const source = ['source'] as const
const station = ['kind', 'station'] as const

/** Every metric of windrow's own. A label's values are bounded: names, states and codes, never texts. */
export const declaredMetrics = {
  info: gauge('windrow_info', 'Always 1; the labels say what runs.', ['version', 'backend', 'role'], ofProcess('1')),
  ready: gauge('windrow_ready', '1 when /health/ready says so, else 0.', [], ofProcess('1')),
  problem: gauge(
    'windrow_problem',
    '1 while there is a problem that concerns no single part: a full disk, a registry, a log or views that are away.',
    ['code'],
    ofProcess('1'),
  ),

  accepted: counter('windrow_readings_accepted_total', 'Readings taken from a reading topic.', topic, ofLog('readings')),
  // A reading changes its fate (a current one is superseded), so a fate's number can fall: a gauge, though the sum only grows.
  readings: gauge(
    'windrow_readings',
    'Accepted readings by what became of them; they add up to windrow_readings_accepted_total.',
    ['topic', 'fate'],
    ofLog('readings'),
  ),
  topicLastEvent: gauge(
    'windrow_topic_last_event_timestamp_seconds',
    'Start of the newest reading of a topic.',
    topic,
    ofLog('seconds', withViews),
  ),
  topicLastAppend: gauge(
    'windrow_topic_last_append_timestamp_seconds',
    'When the newest reading that was processed was appended to a topic.',
    topic,
    ofLog('seconds', withTasks),
  ),

  taskLag: gauge(
    'windrow_task_offset_lag',
    'Readings of a partition that are not in the views yet.',
    partition,
    ofLog('readings', withViews),
  ),
  taskLastCommit: gauge(
    'windrow_task_last_commit_timestamp_seconds',
    'When a task last committed.',
    partition,
    ofLog('seconds', withTasks),
  ),
  taskLastEvent: gauge(
    'windrow_task_last_event_timestamp_seconds',
    'Start of the newest reading that a task has processed.',
    partition,
    ofLog('seconds', withTasks),
  ),
  taskState: gauge(
    'windrow_task_state',
    '1 for the state that a task is in, else 0.',
    ['topic', 'partition', 'state'],
    ofLog('1', withTasks),
  ),
  stateBytes: gauge('windrow_task_state_bytes', 'Bytes of state in memory.', partition, ofProcess('bytes', withTasks)),
  stateBudget: gauge(
    'windrow_task_state_budget_bytes',
    'Bytes of state that all tasks of the process together may have in memory.',
    partition,
    ofLog('bytes', withTasks),
  ),
  commit: histogram(
    'windrow_commit_seconds',
    'How long computing and committing rows and offset took.',
    topic,
    ofProcess('seconds', withTasks),
  ),

  sinkLag: gauge(
    'windrow_sink_lag',
    'Changes of a view that a sink has not written yet; of the partitions that the process writes, of all where it writes none.',
    sinkView,
    ofLog('changes', withViews),
  ),
  sinkProblem: gauge('windrow_sink_problem', '1 while a sink has a problem, else 0.', sinkView, ofLog('1', withViews)),
  sinkLastError: gauge(
    'windrow_sink_last_error_timestamp_seconds',
    'When a sink last failed, by the code of the error.',
    ['sink', 'view', 'code'],
    ofLog('seconds', withViews),
  ),
  sinkLastWrite: gauge(
    'windrow_sink_last_write_timestamp_seconds',
    'When a sink last wrote.',
    sinkView,
    ofLog('seconds', withTasks),
  ),
  sinkRows: counter(
    'windrow_sink_rows_written_total',
    'Changes that a sink has written since the start.',
    sinkView,
    ofProcess('changes', withTasks),
  ),
  sinkRate: gauge(
    'windrow_sink_rows_per_second',
    'Changes written a second, over about ten seconds of writing.',
    sinkView,
    ofProcess('changes/s', withTasks),
  ),
  sinkRetries: counter(
    'windrow_sink_retries_total',
    'Failed tries of a sink since the start.',
    sinkView,
    ofProcess('tries', withTasks),
  ),
  sinkRefused: counter(
    'windrow_sink_dead_lettered_total',
    'Rows that a store refused since the start: they are in dead letters.',
    sinkView,
    ofProcess('rows', withTasks),
  ),

  lakeLag: gauge(
    'windrow_lake_lag',
    'Records of the log that the files of a layer of the lake do not have yet: readings, or changes of views.',
    layer,
    ofLog('records', withViews),
  ),
  lakeLastFlush: gauge(
    'windrow_lake_last_flush_timestamp_seconds',
    'When a layer of the lake was last written, all that there was to write at that time.',
    layer,
    ofLog('seconds', withTasks),
  ),
  lakeFlushInterval: gauge(
    'windrow_lake_flush_interval_seconds',
    'After how long the lake is written at the latest, of the process that writes it (WINDROW_LAKE_FLUSH_SECONDS).',
    layer,
    ofLog('seconds', withTasks),
  ),
  lakeRows: counter(
    'windrow_lake_rows_written_total',
    'Records that a layer of the lake has written since the start.',
    layer,
    ofProcess('records', withTasks),
  ),
  lakeFiles: counter(
    'windrow_lake_files_written_total',
    'Files of the lake written since the start, new ones and those that took the place of one.',
    layer,
    ofProcess('files', withTasks),
  ),
  lakeBytes: counter(
    'windrow_lake_written_bytes_total',
    'Bytes of the files of the lake written since the start.',
    layer,
    ofProcess('bytes', withTasks),
  ),

  sourcePublished: counter(
    'windrow_source_published_total',
    'Readings that a source has published since it started.',
    source,
    ofProcess('readings', withSources),
  ),
  sourceDeadLettered: counter(
    'windrow_source_dead_lettered_total',
    'What a source has said since it started that was no reading: it is in dead letters.',
    source,
    ofProcess('items', withSources),
  ),
  sourcePolls: counter(
    'windrow_source_polls_total',
    'Polls of a source since it started, by how they went: ok or failed.',
    ['source', 'outcome'],
    ofProcess('polls', withSources),
  ),
  sourceProblem: gauge('windrow_source_problem', '1 while a source has a problem, else 0.', source, ofLog('1', withSources)),
  sourceLastTry: gauge(
    'windrow_source_last_try_timestamp_seconds',
    'When a poll of a source last ended, well or not.',
    source,
    ofLog('seconds', withSources),
  ),
  sourceLastSuccess: gauge(
    'windrow_source_last_success_timestamp_seconds',
    'When a source last answered.',
    source,
    ofLog('seconds', withSources),
  ),
  sourceLastEvent: gauge(
    'windrow_source_last_event_timestamp_seconds',
    'Start of the newest reading that a source has said: how fresh it is.',
    source,
    ofLog('seconds', withSources),
  ),
  sourceInterval: gauge(
    'windrow_source_interval_seconds',
    'From one poll of a source to the next; of those that are polled by an interval.',
    source,
    ofLog('seconds', withSources),
  ),
  sourceStaleAfter: gauge(
    'windrow_source_stale_after_seconds',
    'A newest reading that is older than this when a source answers says that it is silent or frozen.',
    source,
    ofLog('seconds', withSources),
  ),

  stations: gauge('windrow_stations', 'Stations and zones that the log has readings of.', ['kind'], ofLog('stations')),
  stationWatermark: gauge(
    'windrow_station_watermark_timestamp_seconds',
    "End of a station's last reading (its start and interval); beyond 1000 stations, of the 1000 that have been silent for longest.",
    station,
    ofLog('seconds'),
  ),
  stationInterval: gauge(
    'windrow_station_interval_seconds',
    "Cadence of a station's last reading; of the stations that have windrow_station_watermark_timestamp_seconds.",
    station,
    ofLog('seconds'),
  ),
  qualityScore: gauge(
    'windrow_quality_score',
    "Score (0 to 100) of a station's last finished day, where that began less than eight days ago; of several series the lowest; beyond 1000 stations, the 1000 lowest.",
    station,
    ofLog('1'),
  ),
  qualityCompleteness: gauge(
    'windrow_quality_completeness_ratio',
    'Share of that day that readings cover; of the stations that have windrow_quality_score.',
    station,
    ofLog('1'),
  ),
  qualityTimeliness: gauge(
    'windrow_quality_timeliness_ratio',
    'Share of the readings of that day that came in time; of those of the stations that have windrow_quality_score whose day is not all history.',
    station,
    ofLog('1'),
  ),

  replayRead: gauge(
    'windrow_replay_records_read',
    'Records that the last replay of a view has read.',
    ['view'],
    ofLog('records'),
  ),
  replayToRead: gauge(
    'windrow_replay_records_to_read',
    'Records that the last replay of a view has to read in all.',
    ['view'],
    ofLog('records'),
  ),
  replayState: gauge(
    'windrow_replay_state',
    '1 for the state that the last replay of a view is in, else 0.',
    ['view', 'state'],
    ofLog('1'),
  ),
  replayUpdated: gauge(
    'windrow_replay_last_update_timestamp_seconds',
    'When the last replay of a view last told how it stands: one that builds and is silent for half a minute was cut short.',
    ['view'],
    ofLog('seconds'),
  ),

  diskFree: gauge(
    'windrow_disk_free_bytes',
    'Bytes that may still be written on the file system that holds WINDROW_DATA_DIR.',
    [],
    ofLog('bytes', ROLES),
  ),
  diskSize: gauge('windrow_disk_size_bytes', 'Size of the file system that holds WINDROW_DATA_DIR.', [], ofLog('bytes', ROLES)),
  request: histogram(
    'windrow_http_request_seconds',
    'How long HTTP requests took, by the pattern of their route; without streams, which last as long as somebody listens.',
    ['method', 'route', 'status'],
    ofProcess('seconds'),
  ),
} as const

/** The metrics of the process itself that prom-client has. Two of them are sums of others, under names that a gauge must not have. */
export function registerProcessMetrics(registry: Registry): void {
  collectDefaultMetrics({ register: registry })
  for (const name of ['resources', 'handles', 'requests']) registry.removeSingleMetric(`nodejs_active_${name}_total`)
}

/** Which there are depends on the platform. */
function processMetrics(): MetricInfo[] {
  const registry = new Registry()
  registerProcessMetrics(registry)
  const found = registry.getMetricsAsArray().map((metric): MetricInfo => {
    const { name, help } = metric
    const labels = 'labelNames' in metric && Array.isArray(metric.labelNames) ? (metric.labelNames as string[]) : []
    return { name, type: String(metric.type) as MetricInfo['type'], labels, help, ...ofProcess(unitOf(name)) }
  })
  registry.clear()
  return found
}

const unitOf = (name: string): string => /_(seconds|bytes)(?:_total)?$/.exec(name)?.[1] ?? ''

/** Every metric that some process has, windrow's own first. For checking queries, and for the documentation. */
export function metricCatalogue(): readonly MetricInfo[] {
  return [...Object.values(declaredMetrics), ...processMetrics()]
}
