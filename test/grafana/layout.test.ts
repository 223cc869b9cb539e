import { describe, expect, test } from 'vitest'
import { metricCatalogue } from '../../src/api/metric-catalogue.ts'
import { type StoredDashboard, type StoredPanel, shownPanels, storedDashboards, textOf } from './stored-dashboards.ts'

const COLUMNS = 24
/** What fits side by side on a phone that is held upright is nothing: this is for one held across, and for half a screen. */
const LEAST_WIDTH: Readonly<Record<string, number>> = { barchart: 12, stat: 6, 'state-timeline': 12, timeseries: 12, table: 12 }
/** The links of a dashboard may name them, and Grafana fills them in. */
const BUILT_IN = /^(?:__\w+(?:\.\w+)*)$/

const dashboards = storedDashboards()

/** The variables that a text names. */
const named = (text: string): string[] =>
  [...text.matchAll(/\$\{([\w.]+)(?::\w+)?\}/g)].map(([, name]) => name as string).filter((name) => !BUILT_IN.test(name))

const overlap = (a: StoredPanel['gridPos'], b: StoredPanel['gridPos']): boolean =>
  a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h

/** Everything in a dashboard that may name a variable, without the declarations of variables. */
const withoutDeclarations = ({ templating, ...rest }: StoredDashboard): string =>
  JSON.stringify([rest, templating.list.map(({ query }) => query)])

test('the dashboards have uids and titles of their own, and lead to each other', () => {
  const uids = dashboards.map(([, { uid }]) => uid)
  expect(uids.toSorted()).toEqual([
    'windrow-air',
    'windrow-batch',
    'windrow-energy',
    'windrow-pipeline',
    'windrow-quality',
    'windrow-speed',
  ])
  expect(new Set(dashboards.map(([, { title }]) => title)).size).toBe(dashboards.length)
  for (const [, { tags, links }] of dashboards) {
    expect(tags).toEqual(['windrow'])
    expect(links).toContainEqual(expect.objectContaining({ type: 'dashboards', tags: ['windrow'] }))
  }
})

describe.each(dashboards)('%s', (_, dashboard, text) => {
  const panels = shownPanels(dashboard)

  test('has nothing of the machine that wrote it', () => {
    expect(text).not.toMatch(/\/(?:home|root|tmp|work|Users)\//)
    // Where windrow's page is by default.
    expect(text.replaceAll('http://127.0.0.1:8000', '')).not.toMatch(/127\.0\.0\.1|localhost/)
  })

  test('gives each panel and heading an id of its own', () => {
    const ids = dashboard.panels.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.every((id) => Number.isSafeInteger(id) && id > 0)).toBe(true)
  })

  test('lets no panel overlap another or leave the grid', () => {
    for (const [i, a] of dashboard.panels.entries()) {
      const { x, w, y, h } = a.gridPos
      expect([x >= 0, x + w <= COLUMNS, y >= 0, h > 0]).toEqual([true, true, true, true])
      for (const b of dashboard.panels.slice(i + 1))
        expect([a.title, b.title, overlap(a.gridPos, b.gridPos)]).toEqual([a.title, b.title, false])
    }
  })

  test.each(panels.map((panel) => [panel.title, panel] as const))(
    '%s is wide enough, says what it is, and what to do where it is empty',
    (_title, panel) => {
      expect(panel.gridPos.w).toBeGreaterThanOrEqual(LEAST_WIDTH[panel.type] ?? COLUMNS)
      expect(panel.title).toMatch(/^[A-Z]/)
      expect(panel.description).toMatch(/\.$/)
      expect(panel.fieldConfig?.defaults.unit).toMatch(/./)
      expect(panel.fieldConfig?.defaults.noValue).toMatch(/.{20}/)
      expect(panel.datasource?.uid).toMatch(/^windrow-(?:influxdb|postgres|prometheus)$/)
      expect(panel.targets?.length).toBeGreaterThan(0)
      expect(panel.targets?.map(({ refId }) => refId)).toEqual(['A', 'B', 'C', 'D', 'E'].slice(0, panel.targets?.length))
      for (const target of panel.targets ?? [])
        expect([target.datasource, textOf(target) !== '']).toEqual([panel.datasource, true])
    },
  )

  test('uses the variables that it declares, and no others', () => {
    const declared = dashboard.templating.list.map(({ name }) => name)
    expect([...new Set(named(withoutDeclarations(dashboard)))].toSorted()).toEqual(declared.toSorted())
  })

  test('declares a variable before those that are chosen by it', () => {
    const before: string[] = []
    for (const { name, query } of dashboard.templating.list) {
      for (const other of named(JSON.stringify(query))) expect(before).toContain(other)
      before.push(name)
    }
  })

  test('names metrics that some process has', () => {
    const known = new Set(
      metricCatalogue().flatMap(({ name, type }) =>
        type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
      ),
    )
    const asked = panels.flatMap(({ targets = [] }) =>
      targets.flatMap(({ expr = '' }) => [...expr.matchAll(/\b(?:windrow|process|nodejs)_\w+/g)]),
    )
    expect(asked.map(([name]) => name).filter((name) => !known.has(name))).toEqual([])
  })
})
