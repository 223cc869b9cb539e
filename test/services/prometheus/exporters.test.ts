import { describe, expect, onTestFinished, test } from 'vitest'
import { startKafka } from '../../../scripts/services/kafka.js'
import { hasKafkaExporter, startKafkaExporter } from '../../../scripts/services/kafka-exporter.js'
import { hasPostgres, startPostgres } from '../../../scripts/services/postgres.js'
import { hasPostgresExporter, startPostgresExporter } from '../../../scripts/services/postgres-exporter.js'
import { hasPrometheus, startPrometheus } from '../../../scripts/services/prometheus.js'
import { otherMetrics } from '../../prometheus/known-metrics.ts'
import { commandLine } from '../command-line.ts'

/** The labels of each metric that rules know of other programs, as one says them. */
async function said(url: string, prefix: string): Promise<Record<string, readonly string[]>> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const found: Record<string, readonly string[]> = {}
  for (const [, name = '', labels = ''] of text.matchAll(/^([a-z_]+)(?:\{(.*)\})? /gm)) {
    if (name.startsWith(prefix) && name in otherMetrics)
      found[name] = [...labels.matchAll(/(\w+)="/g)].map((each) => each[1] as string)
  }
  return found
}

const known = (prefix: string): Record<string, readonly string[]> =>
  Object.fromEntries(
    Object.entries(otherMetrics)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, labels]) => [name, expect.arrayContaining([...labels])]),
  )

describe('what the rules ask other programs for is there, with its labels', () => {
  test.runIf(hasPrometheus())('at Prometheus', async () => {
    const prometheus = await startPrometheus()
    onTestFinished(() => prometheus.stop())
    const { prometheus_rule_evaluation_failures_total: ofRules, ...rest } = known('prometheus_')
    expect(ofRules).toBeDefined()
    // That of rules is there once there are rules, which the test of alerts has.
    expect(await said(prometheus.url, 'prometheus_')).toMatchObject(rest)
  })

  test.runIf(hasPostgres() && hasPostgresExporter())('at the exporter of PostgreSQL', async () => {
    const postgres = await startPostgres()
    onTestFinished(() => postgres.stop())
    const exporter = await startPostgresExporter({ postgresUrl: postgres.url })
    onTestFinished(() => exporter.stop())
    expect(await said(exporter.url, 'pg_')).toMatchObject(known('pg_'))
  })

  test.runIf(hasKafkaExporter())('at the exporter of Kafka, with the lag of the groups of windrow', async () => {
    const kafka = await startKafka()
    onTestFinished(() => kafka.stop())
    const windrow = await commandLine({ KAFKA_BROKERS: kafka.brokers })
    onTestFinished(() => windrow.remove())
    const produce = ['produce', '--source', 'simulator', '--station', 'sim-paris', '--from', '2025-03-01'] as const
    await windrow.ok(...produce, '--to', '2025-03-03')
    await windrow.ok('run', '--until-end', '--sinks', 'none')
    await windrow.ok(...produce, '--to', '2025-03-04')
    const exporter = await startKafkaExporter({ brokers: kafka.brokers })
    onTestFinished(() => exporter.stop())
    expect(await said(exporter.url, 'kafka_')).toMatchObject(known('kafka_'))
    const lag = async (): Promise<number> => {
      const text = await (await fetch(`${exporter.url}/metrics`)).text()
      const found = /^kafka_consumergroup_group_sum_lag\{.*group="engine\.weather\.readings\.[^"]+".*\} (\d+)$/m.exec(text)
      return Number(found?.[1] ?? Number.NaN)
    }
    // A day's readings, and what Kafka puts at the end of a transaction.
    await expect.poll(lag, { timeout: 30_000 }).toBeGreaterThanOrEqual(24)
    await windrow.ok('run', '--until-end', '--sinks', 'none')
    await expect.poll(lag, { timeout: 30_000 }).toBe(0)
  })
})
