import { metricCatalogue } from '../../src/api/metrics.ts'
import { expressionNames } from './expression-names.ts'
import { rules } from './rule-files.ts'

/** What scraping adds to every metric. */
const SCRAPED = ['job', 'instance']

/** Metrics of other programs, with their labels, as they were seen at those programs. */
export const otherMetrics: Readonly<Record<string, readonly string[]>> = {
  up: [],
  kafka_lag_exporter_up: [],
  kafka_consumergroup_group_sum_lag: ['cluster_name', 'group'],
  kafka_consumergroup_group_offset: ['cluster_name', 'group', 'topic', 'partition', 'member_host', 'consumer_id', 'client_id'],
  kafka_consumergroup_group_messages_lost: ['cluster_name', 'group', 'topic', 'partition'],
  pg_up: [],
  pg_stat_activity_count: [
    'datname',
    'state',
    'server',
    'usename',
    'application_name',
    'backend_type',
    'wait_event',
    'wait_event_type',
  ],
  pg_settings_max_connections: ['server'],
  prometheus_config_last_reload_successful: [],
  prometheus_rule_evaluation_failures_total: ['rule_group'],
  prometheus_notifications_dropped_total: [],
  prometheus_notifications_alertmanagers_discovered: [],
}

const ofWindrow = metricCatalogue().flatMap(({ name, type, labels }): Array<readonly [string, readonly string[]]> => {
  if (type !== 'histogram') return [[name, labels]]
  return [
    [`${name}_bucket`, [...labels, 'le']],
    [`${name}_sum`, labels],
    [`${name}_count`, labels],
  ]
})

/** The labels of what a rule records: those that its expression groups by, or that its metrics have where it groups by none. */
function recorded(expr: string, known: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const { selectors, grouping } = expressionNames(expr)
  return grouping.length > 0 ? grouping : selectors.flatMap(({ metric }) => known.get(metric) ?? [])
}

/** Every metric that rules may ask for, with its labels. */
export function knownMetrics(): ReadonlyMap<string, readonly string[]> {
  const found = [...Object.entries(otherMetrics), ...ofWindrow].map(([name, labels]) => [name, [...labels, ...SCRAPED]] as const)
  const known = new Map<string, readonly string[]>(found)
  for (const { record, expr } of rules) if (record !== undefined) known.set(record, recorded(expr, known))
  return known
}
