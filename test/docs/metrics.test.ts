import { expect, test } from 'vitest'
import { createMetrics, metricCatalogue } from '../../src/api/metrics.ts'
import { openServer } from '../api/start-server.ts'
import { metricsDocument } from './metrics-document.ts'

test('docs/metrics.md lists every metric as it is declared', async () => {
  await expect(metricsDocument()).toMatchFileSnapshot('../../docs/metrics.md')
})

test('what a process serves are the declared metrics with the declared labels, and no others', async () => {
  const { app, ports } = openServer()
  await app.close()
  const metrics = createMetrics()
  metrics.observeCommit('air.readings', 0.01)
  metrics.observeRequest('GET', '/metrics', 200, 0.01)
  const report = await ports.health()
  const text = await metrics.render({ ...report, problems: [{ code: 'WR_DISK_FULL', message: '', remedy: '', since: null }] })
  const served = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name, type]))
  const catalogue = new Map(metricCatalogue().map((metric) => [metric.name, metric]))
  expect([...served].sort()).toEqual([...catalogue.values()].map(({ name, type }) => [name, type]).sort())
  for (const [, sample, labels] of text.matchAll(/^(windrow_\w+?)(?:\{(.*)\})? \S+$/gm)) {
    const name = [sample as string, (sample as string).replace(/_(?:bucket|sum|count)$/, '')].find((each) => catalogue.has(each))
    const names = [...(labels ?? '').matchAll(/(\w+)="/g)].map(([, label]) => label).filter((label) => label !== 'le')
    expect([sample, names]).toEqual([sample, catalogue.get(name as string)?.labels])
  }
})
