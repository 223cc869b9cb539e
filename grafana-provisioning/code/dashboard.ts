import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard'
import { declaredMetrics } from '../../src/api/metric-catalogue.ts'
import { prometheus } from './data-sources.ts'
import type { SizedPanel } from './panels.ts'
import { metric, promql } from './prom.ts'
import { dataquery } from './query.ts'
import { windrowAddress } from './variables.ts'

/** Panels that belong together, under a heading. */
export interface Section {
  /** Of the heading: unique in its dashboard, as those of panels. */
  readonly id: number
  readonly title: string
  readonly panels: readonly SizedPanel[]
}

export interface DashboardWords {
  readonly uid: `windrow-${string}`
  readonly title: string
  readonly description: string
  /** The range until now that is shown at first: `now-7d`. */
  readonly from: string
  readonly refresh: string
  /** `utc` where days are those of many zones, each drawn at its own date; else the zone of who looks. */
  readonly timezone?: 'browser' | 'utc'
  readonly variables: readonly dashboard.VariableModel[]
  readonly sections: readonly Section[]
}

/** Every dashboard has it, and the link to all dashboards finds them by it. */
const TAG = 'windrow'

const links = [
  new dashboard.DashboardLinkBuilder('Dashboards of windrow').type(dashboard.DashboardLinkType.Dashboards).tags([TAG]).build(),
  new dashboard.DashboardLinkBuilder('windrow')
    .type(dashboard.DashboardLinkType.Link)
    .url('${windrow}/')
    .icon('external link')
    .tooltip("windrow's own page: every row, and why it is what it is")
    .targetBlank(true)
    .build(),
]

/** When a replay last said how it stands, as a mark in every chart: what was rebuilt may have changed there. */
function replays(): dashboard.AnnotationQuery {
  const { promql: expr } = promql`1000 * ${metric(declaredMetrics.replayUpdated, ['view'])}`
  return new dashboard.AnnotationQueryBuilder()
    .name('Replays')
    .datasource({ ...prometheus })
    .enable(true)
    .iconColor('purple')
    .expr(expr)
    .target({ build: () => dataquery({ datasource: prometheus, model: { expr, range: true } }, 'Anno') })
    .useValueForTime(true)
    .step('60s')
    .titleFormat('Replay')
    .textFormat('Replay of {{view}}')
    .tagKeys('view')
    .build()
}

const COLUMNS = 24

/** Places panels from left to right, and below when a line is full; a line is as high as its highest panel. */
export function place(sections: readonly Section[]): (dashboard.Panel | dashboard.RowPanel)[] {
  const placed: (dashboard.Panel | dashboard.RowPanel)[] = []
  let y = 0
  for (const { id, title, panels } of sections) {
    placed.push({ ...new dashboard.RowBuilder(title).id(id).collapsed(false).build(), gridPos: { h: 1, w: COLUMNS, x: 0, y } })
    y += 1
    let x = 0
    let lineHeight = 0
    for (const { panel, width: w, height: h } of panels) {
      if (x + w > COLUMNS) {
        y += lineHeight
        x = 0
        lineHeight = 0
      }
      placed.push({ ...panel, gridPos: { h, w, x, y } })
      x += w
      lineHeight = Math.max(lineHeight, h)
    }
    y += lineHeight
  }
  return placed
}

export function dashboardOf(words: DashboardWords): dashboard.Dashboard {
  const built = new dashboard.DashboardBuilder(words.title)
    .uid(words.uid)
    .description(words.description)
    .tags([TAG])
    .time({ from: words.from, to: 'now' })
    .refresh(words.refresh)
    .timezone(words.timezone ?? 'browser')
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .readonly()
    .build()
  return {
    ...built,
    links,
    annotations: { list: [replays()] },
    templating: { list: [...words.variables, windrowAddress] },
    panels: place(words.sections),
  }
}
