import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { hasInfluxdb } from '../../../scripts/services/influxdb.js'
import { hasPostgres } from '../../../scripts/services/postgres.js'
import { hasPrometheus } from '../../../scripts/services/prometheus.js'
import { type Chosen, durationMs, instantOf, type Scope } from '../../grafana/interpolate.ts'
import {
  type StoredDashboard,
  type StoredPanel,
  type StoredVariable,
  shownPanels,
  storedDashboards,
} from '../../grafana/stored-dashboards.ts'
import { ask, type Frame, listValues } from './frames.ts'
import { type RealRun, realRun } from './real-run.ts'
import { shownFields } from './shown-fields.ts'

const canRun = hasPostgres() && hasInfluxdb() && hasPrometheus()
if (!canRun)
  process.stderr.write('services: the queries of the dashboards are SKIPPED, PostgreSQL, InfluxDB or Prometheus is not here\n')

/** As wide as half a screen. */
const MAX_DATA_POINTS = 600

describe.runIf(canRun)('after a real run', () => {
  let run: RealRun
  beforeAll(async () => {
    run = await realRun()
  })
  afterAll(() => run?.stop())

  describe.each(storedDashboards())('%s', (_, dashboard) => {
    /** The variables as somebody has them who chose nothing: All, and the first of a fixed list. */
    let all: Readonly<Record<string, Chosen>> = {}
    const lists: Record<string, readonly string[]> = {}

    const scopeOf = (variables: Readonly<Record<string, Chosen>>, minInterval?: string): Scope => {
      const now = new Date()
      return {
        from: instantOf(dashboard.time.from, now),
        to: now,
        variables,
        minIntervalMs: minInterval === undefined ? 1 : durationMs(minInterval),
        maxDataPoints: MAX_DATA_POINTS,
      }
    }

    beforeAll(async () => {
      for (const variable of dashboard.templating.list) {
        const values = await valuesOf(variable, scopeOf(all), run)
        lists[variable.name] = values
        all = { ...all, [variable.name]: chosen(variable, values) }
      }
    })

    test('has variables that find something', () => {
      for (const [name, values] of Object.entries(lists))
        expect([name, values.length > 0, values.includes('')]).toEqual([name, true, false])
    })

    test.each(shownPanels(dashboard).map((panel) => [panel.title, panel] as const))(
      '%s shows rows of the expected shape',
      async (_title, panel) => {
        for (const variables of eachBucket(dashboard, all)) {
          // A scrape that took longer than its second is missing, and with it what is asked of this moment.
          await vi.waitFor(async () => expectShape(panel, await answers(panel, scopeOf(variables, panel.interval), run)), {
            timeout: 15_000,
            interval: 1_000,
          })
        }
      },
    )

    test.each(alternatives(dashboard))(
      'finds rows for one value of the variable %s, also of one with odd letters',
      async (name) => {
        const panels = shownPanels(dashboard)
        for (const value of probes(lists[name] ?? [])) {
          const variables = { ...all, [name]: { values: [value] } }
          let found = 0
          for (const panel of panels) {
            const answered = await answers(panel, scopeOf(variables, panel.interval), run)
            if (answered.flat().some(({ fields }) => (fields[0]?.values.length ?? 0) > 0)) found += 1
          }
          // A station of a few days has neither a trend nor a city.
          expect(found, `${name} ${value}`).toBeGreaterThan(panels.length / 3)
        }
      },
    )

    test('marks what was replayed', async () => {
      for (const { expr } of dashboard.annotations.list) {
        const target = { refId: 'Anno', datasource: { type: 'prometheus', uid: 'windrow-prometheus' }, expr }
        const frames = await ask(target, scopeOf(all), run.servers)
        expect(frames.map(({ fields }) => fields[1]?.labels)).toContainEqual({ view: 'weather_hourly' })
      }
    })
  })
})

async function valuesOf(variable: StoredVariable, scope: Scope, { servers }: RealRun): Promise<readonly string[]> {
  const { query, datasource, type } = variable
  const text = typeof query === 'string' ? query : query.query
  if (type === 'query') return listValues(text, datasource?.uid ?? '', scope, servers)
  return type === 'custom' ? text.split(',') : [text]
}

function chosen({ type, allValue, includeAll }: StoredVariable, values: readonly string[]): Chosen {
  if (type === 'query' && includeAll) return allValue === undefined ? { values } : { values, allValue }
  return { values: values.slice(0, 1) }
}

/** Every value of a variable of which one is always chosen. */
function eachBucket({ templating }: StoredDashboard, all: Readonly<Record<string, Chosen>>): Readonly<Record<string, Chosen>>[] {
  const one = templating.list.find(({ type }) => type === 'custom')
  if (one === undefined) return [all]
  return String(one.query)
    .split(',')
    .map((value) => ({ ...all, [one.name]: { values: [value] } }))
}

/** The variables of which several values may be chosen. */
const alternatives = ({ templating }: StoredDashboard): readonly string[] =>
  templating.list.filter(({ multi }) => multi).map(({ name }) => name)

/** The first value, and those that mean something to a query language. */
const probes = (values: readonly string[]): readonly string[] => [
  ...new Set([...values.slice(0, 1), ...values.filter((value) => /[^\w-]/.test(value))]),
]

async function answers(panel: StoredPanel, scope: Scope, { servers }: RealRun): Promise<ReadonlyArray<readonly Frame[]>> {
  const found: (readonly Frame[])[] = []
  const targets = panel.targets ?? []
  for (const target of targets) found.push(await ask(target, scope, servers, targets.length === 1))
  return found
}

const SERIES = new Set(['barchart', 'state-timeline', 'timeseries'])

function expectShape(panel: StoredPanel, answered: ReadonlyArray<readonly Frame[]>): void {
  for (const [i, frames] of answered.entries()) {
    const rows = frames.map(({ fields }) => fields[0]?.values.length ?? 0)
    expect(
      rows.some((count) => count > 0),
      `query ${i} of ${panel.title} finds nothing`,
    ).toBe(true)
    for (const { isSeries, fields } of frames) {
      expect(new Set(fields.map(({ name }) => name)).size, 'columns of the same name').toBe(fields.length)
      if (!SERIES.has(panel.type) && !isSeries) continue
      expect(isSeries, `${panel.title} wants series`).toBe(true)
      const [time, value] = fields
      expect([time?.type, value?.type]).toEqual(['time', 'number'])
      const times = time?.values as readonly number[]
      expect(
        times.every((at, k) => k === 0 || at > (times[k - 1] as number)),
        'times ascend, each once',
      ).toBe(true)
    }
    if (panel.type === 'table') expect(frames).toHaveLength(1)
    const values = frames.flatMap(({ fields }) => fields.filter(({ type }) => type === 'number').flatMap((field) => field.values))
    expect(
      values.some((value) => typeof value === 'number' && Number.isFinite(value)),
      `${panel.title} has numbers`,
    ).toBe(true)
  }
  const fields = shownFields(panel, answered)
  for (const { matcher, properties } of panel.fieldConfig?.overrides ?? []) {
    const names = fields.map(({ name }) => name)
    const matches =
      matcher.id === 'byName'
        ? (name: string) => name === matcher.options
        : (name: string) => toRegExp(matcher.options).test(name)
    expect(names.some(matches), `${matcher.options} matches none of ${names.join(', ')}`).toBe(true)
    const links = properties.filter(({ id }) => id === 'links').flatMap(({ value }) => value as { readonly url: string }[])
    for (const { url } of links)
      for (const [, name] of url.matchAll(/\$\{__data\.fields\.(\w+)\}/g)) expect(names).toContain(name)
  }
  const labelled = [
    panel.fieldConfig?.defaults.displayName ?? '',
    ...(panel.fieldConfig?.defaults.links ?? []).map(({ url }) => url),
  ]
  for (const [, label] of labelled.join(' ').matchAll(/\$\{__field\.labels\.(\w+)\}/g)) {
    for (const frame of answered.flat()) expect(Object.keys(frame.fields[1]?.labels ?? {})).toContain(label)
  }
}

const toRegExp = (text: string): RegExp => new RegExp(text.slice(1, text.lastIndexOf('/')))
