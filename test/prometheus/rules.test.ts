import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { expressionNames } from './expression-names.ts'
import { knownMetrics } from './known-metrics.ts'
import { alerts, groups, prometheusFolder, promtoolTests, rules } from './rule-files.ts'

const known = knownMetrics()
const nameOf = (rule: { readonly alert?: string; readonly record?: string }): string => rule.alert ?? rule.record ?? ''
const documented = readFileSync(join(prometheusFolder, '../docs/alerts.md'), 'utf8')

describe('the names in an expression', () => {
  test('are its metrics with the labels that choose them, and what it groups and joins by', () => {
    const found = expressionNames(
      'sum by (a, b) (rate(x_total{c="1",d=~"y|z"}[5m])) / on (a) group_left () w:v > 0.05 and time() - u offset 15m < 2 * 86400',
    )
    expect(found.selectors).toEqual([
      { metric: 'x_total', labels: ['c', 'd'] },
      { metric: 'w:v', labels: [] },
      { metric: 'u', labels: [] },
    ])
    expect(found.grouping).toEqual(['a', 'b', 'a'])
  })
})

describe('the rules of Prometheus', () => {
  test.each(rules.map((rule) => [nameOf(rule), rule.expr]))('%s asks for metrics and labels that exist', (_, expr) => {
    const { selectors, grouping } = expressionNames(expr)
    expect(selectors.filter(({ metric }) => !known.has(metric)).map(({ metric }) => metric)).toEqual([])
    for (const { metric, labels } of selectors) expect(known.get(metric)).toEqual(expect.arrayContaining([...labels]))
    const possible = selectors.flatMap(({ metric }) => known.get(metric) ?? [])
    expect(possible).toEqual(expect.arrayContaining([...grouping]))
  })

  test('have each name once', () => {
    for (const names of [rules.map(nameOf), groups.map(({ name }) => name)]) expect(new Set(names).size).toBe(names.length)
  })
})

describe.each(alerts.map((alert) => [alert.alert, alert] as const))('the alert %s', (name, alert) => {
  const { summary, description, runbook } = alert.annotations ?? {}

  test('says how bad it is, what it is and what to do', () => {
    expect(alert.labels?.severity).toMatch(/^(critical|warning)$/)
    expect(summary).toBeTruthy()
    expect(description).toBeTruthy()
    expect(runbook).toBe(`docs/alerts.md#${name.toLowerCase()}`)
  })

  test('stands in docs/alerts.md, with its severity and its time', () => {
    expect(documented).toContain(`\n## ${name}\n`)
    const waits = alert.for ?? 'at once'
    expect(documented).toContain(`| [${name}](#${name.toLowerCase()}) | ${alert.labels?.severity} | ${waits} |`)
  })

  test('is seen to fire, and to be resolved, by promtool', () => {
    const firing = promtoolTests.flatMap((each) => {
      const steps = each.promql_expr_test ?? []
      const at = steps.findIndex(({ exp_samples }) => exp_samples.some(({ labels }) => labels.includes(`alertname="${name}"`)))
      return at === -1 ? [] : [{ before: steps.slice(0, at), after: steps.slice(at + 1) }]
    })
    expect(firing).not.toEqual([])
    const quiet = (steps: ReadonlyArray<{ exp_samples: readonly unknown[] }>): boolean =>
      steps.some(({ exp_samples }) => exp_samples.length === 0)
    expect(firing.some(({ before, after }) => quiet(before) && quiet(after))).toBe(true)
  })

  test('names labels that it has', () => {
    const used = [...`${summary} ${description}`.matchAll(/\$labels\.(\w+)/g)].map((found) => found[1] as string)
    const samples = promtoolTests
      .flatMap((each) => each.promql_expr_test ?? [])
      .flatMap(({ exp_samples }) => exp_samples.map(({ labels }) => labels))
      .filter((labels) => labels.includes(`alertname="${name}"`))
    for (const labels of samples) for (const label of used) expect(labels).toContain(`${label}="`)
  })
})

test('docs/alerts.md has no alert that does not exist', () => {
  const sections = [...documented.matchAll(/^## (\w+)$/gm)].map((found) => found[1])
  expect(sections.sort()).toEqual(alerts.map(({ alert }) => alert).sort())
})

describe('the files beside the rules', () => {
  const read = (name: string): unknown => parse(readFileSync(join(prometheusFolder, name), 'utf8'))

  test('prometheus.yml names files that exist', () => {
    const found = readFileSync(join(prometheusFolder, 'prometheus.yml'), 'utf8').matchAll(/files: \[([^\]]+)\]/g)
    const names = [...found].map(([, name]) => name as string).filter((name) => !name.includes('*'))
    expect(names).toContain('targets/windrow.yml')
    for (const name of names) {
      expect(existsSync(join(prometheusFolder, name))).toBe(true)
      for (const { targets } of read(name) as Array<{ targets: string[] }>) {
        for (const target of targets) expect(target).toMatch(/^[\w-]+:\d+$/)
      }
    }
  })

  test('alertmanager.example.yml silences alerts that exist, and holds no secret', () => {
    const { inhibit_rules: inhibitions } = read('alertmanager.example.yml') as {
      inhibit_rules: Array<{ source_matchers: string[]; target_matchers: string[] }>
    }
    const matchers = inhibitions.flatMap(({ source_matchers, target_matchers }) => [...source_matchers, ...target_matchers])
    const patterns = matchers.flatMap((matcher) => /^alertname=~?"(.*)"$/.exec(matcher)?.[1]?.split('|') ?? [])
    expect(patterns.length).toBeGreaterThan(10)
    for (const pattern of patterns)
      expect(
        alerts.some(({ alert }) => new RegExp(`^${pattern}$`).test(alert)),
        pattern,
      ).toBe(true)
    const text = readFileSync(join(prometheusFolder, 'alertmanager.example.yml'), 'utf8')
    expect(text.match(/^.*(?:password|routing_key|api_url)(?!_file).*:.*$/gm)).toBeNull()
  })
})
